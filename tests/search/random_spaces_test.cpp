// Whatever the checks of a search space accept runs.
#include "tests/search/random_spaces.h"

#include <gtest/gtest.h>

namespace danas {
namespace {

TEST(SlowRandomSpaces, RunWhereTheChecksAcceptThem) {
  const test::RandomSpacesCounts counts = test::CheckRandomSpaces(0, 300);
  EXPECT_GT(counts.ran, 100) << counts.refused << " refused, " << counts.without_variance << " without variance";
  EXPECT_GT(counts.without_variance, 5);
  EXPECT_GT(counts.fused, 30);
}

// Those with a kind of block of their own, most of which fit.
TEST(SlowRandomBlocks, RunWhereTheChecksAcceptThem) {
  constexpr uint64_t kCount = 200;
  const test::RandomSpacesCounts counts = test::CheckRandomBlocks(0, kCount);
  EXPECT_GT(counts.ran, static_cast<int64_t>(kCount) / 3) << counts.refused << " refused";
  EXPECT_GT(counts.refused, 5);
  EXPECT_EQ(counts.without_variance, 0);
}

}  // namespace
}  // namespace danas
