#include "danas/kernels/parallel.h"

#include <utility>

namespace danas::kernels {
namespace {

ThreadPool pool{.threads = [] { return int64_t{1}; },
                .run = [](const char*, int64_t tasks, const TaskRange& work) { work(0, tasks, 0); }};

}  // namespace

ThreadPool UseThreadPool(const ThreadPool& lent) { return std::exchange(pool, lent); }

int64_t Threads() { return pool.threads(); }

void ForEachRange(const char* pass, int64_t tasks, const TaskRange& work) {
  if (tasks > 0) pool.run(pass, tasks, work);
}

}  // namespace danas::kernels
