// Which part of a row of things a rank takes.
#pragma once

#include <cstdint>

namespace danas {

// [first, last) of `count` rows that a rank takes: parts in order, whose sizes differ by one at the most.
struct RankPart {
  int64_t first = 0;
  int64_t last = 0;
  int64_t size() const { return last - first; }
};

inline RankPart PartOfRank(int64_t count, int64_t rank, int64_t ranks) {
  return {count * rank / ranks, count * (rank + 1) / ranks};
}

}  // namespace danas
