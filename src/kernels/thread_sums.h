// Weights' gradients while several threads add to them: each thread has sums of its own, in blocks of channels.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "src/kernels/buffer.h"

namespace danas::kernels {

template <typename T>
class ThreadSums {
 public:
  ThreadSums() = default;  // not wanted
  // `elements`: of a block.
  ThreadSums(int64_t threads, int64_t blocks, int64_t elements)
      : threads_(threads),
        blocks_(blocks),
        elements_(elements),
        values_(threads * blocks * elements),
        used_(static_cast<size_t>(threads * blocks), 0) {}

  bool wanted() const { return threads_ > 0; }

  // Where a thread adds to some blocks. `fresh`: nothing is there yet, so that its first values are stored, not added.
  struct Place {
    T* at;
    bool fresh;
  };
  Place Take(int64_t thread, int64_t first_block, int64_t count) {
    const int64_t first = thread * blocks_ + first_block;
    const auto used = used_.begin() + first, end = used + count;
    const bool fresh = std::find(used, end, 1) == end;
    for (int64_t i = 0; !fresh && i < count; ++i) {
      if (!used[i]) std::fill_n(At(first + i), elements_, T(0));
    }
    std::fill(used, end, 1);
    return {At(first), fresh};
  }

  // The sums of a block, one of each thread that has any.
  std::vector<const T*> Parts(int64_t block) const {
    std::vector<const T*> parts;
    for (int64_t thread = 0; thread < threads_; ++thread) {
      const int64_t at = thread * blocks_ + block;
      if (used_[static_cast<size_t>(at)]) parts.push_back(At(at));
    }
    return parts;
  }

 private:
  T* At(int64_t block) const { return values_.get() + block * elements_; }

  int64_t threads_ = 0, blocks_ = 0, elements_ = 0;
  Buffer<T> values_;        // [thread][block][elements]
  std::vector<char> used_;  // [thread][block]
};

}  // namespace danas::kernels
