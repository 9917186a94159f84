// Ranks of a run as threads of one process, for tests: each has its own half of every message.
#pragma once

#include <torch/csrc/distributed/c10d/HashStore.hpp>

#include <exception>
#include <functional>
#include <thread>
#include <vector>

#include "danas/run/ranks.h"

namespace danas::test {

// Calls `work` on each of `count` ranks at once. What one of them threw is thrown again, that of the lowest rank first.
inline void OnRankThreads(int count, const std::function<void(Ranks ranks)>& work, double timeout = 30) {
  const auto store = c10::make_intrusive<c10d::HashStore>();
  std::vector<std::exception_ptr> errors(static_cast<size_t>(count));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < count; ++rank) {
    threads.emplace_back([&, rank] {
      try {
        Ranks ranks = Ranks::Of(store, rank, count, timeout);
        try {
          work(ranks);
        } catch (const std::exception& error) {
          ranks.Fail(ExitCode::kInternal, error.what());
          throw;
        }
        ranks.Leave();
      } catch (...) {
        errors[static_cast<size_t>(rank)] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace danas::test
