// How the kernels use several threads: the program lends its own pool, so that one pool serves everything.
#pragma once

#include <cstdint>
#include <functional>

namespace danas::kernels {

constexpr int64_t kLongTask = int64_t{1} << 30;

// Cuts 0 ... tasks - 1 into ranges, one a thread, and calls work(begin, end, thread) for each; thread < Threads().
using TaskRange = std::function<void(int64_t begin, int64_t end, int64_t thread)>;
struct ThreadPool {
  int64_t (*threads)();
  // `pass` names the work, for those who look at how it is cut.
  void (*run)(const char* pass, int64_t tasks, const TaskRange& work);
};

// The calling thread alone, until a pool is lent. Returns the one before.
ThreadPool UseThreadPool(const ThreadPool& pool);

int64_t Threads();

// `task_nanoseconds`: about what a task takes, given where it may be little. Other threads, which may have to be woken
// up, are not asked for what takes no longer than that.
void ForEachRange(const char* pass, int64_t tasks, const TaskRange& work, int64_t task_nanoseconds = kLongTask);

}  // namespace danas::kernels
