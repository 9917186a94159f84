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

}  // namespace
}  // namespace danas
