#include "danas/kernels/parallel.h"

#include <utility>

namespace danas::kernels {
namespace {

ThreadPool pool{.threads = [] { return int64_t{1}; },
                .run = [](const char*, int64_t tasks, const TaskRange& work) { work(0, tasks, 0); }};

// Waking up a thread that does not spin, measured: 45 microseconds; one that spins answers within 5.
constexpr int64_t kWakeNanoseconds = 25'000;

}  // namespace

ThreadPool UseThreadPool(const ThreadPool& lent) { return std::exchange(pool, lent); }

int64_t Threads() { return pool.threads(); }

void ForEachRange(const char* pass, int64_t tasks, const TaskRange& work, int64_t task_nanoseconds) {
  if (tasks <= 0) return;
  if (tasks * task_nanoseconds < kWakeNanoseconds) {
    work(0, tasks, 0);
  } else {
    pool.run(pass, tasks, work);
  }
}

}  // namespace danas::kernels
