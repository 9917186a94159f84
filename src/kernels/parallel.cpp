#include "danas/kernels/parallel.h"

namespace danas::kernels {
namespace {

ThreadPool pool{.threads = [] { return int64_t{1}; },
                .run = [](int64_t tasks, const TaskRange& work) { work(0, tasks, 0); }};

}  // namespace

void UseThreadPool(const ThreadPool& lent) { pool = lent; }

int64_t Threads() { return pool.threads(); }

void ForEachRange(int64_t tasks, const TaskRange& work) {
  if (tasks > 0) pool.run(tasks, work);
}

}  // namespace danas::kernels
