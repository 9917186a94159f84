// As random_spaces_test.cpp, over many more.
#include <gtest/gtest.h>

#include <iostream>

#include "tests/search/random_spaces.h"

namespace danas {
namespace {

TEST(ManyRandomSpaces, RunWhereTheChecksAcceptThem) {
  const test::RandomSpacesCounts counts = test::CheckRandomSpaces(1000, 400);
  std::cout << counts.ran << " ran (" << counts.fused << " of them with fused layers), " << counts.refused
            << " refused, " << counts.without_variance << " without variance\n";
  EXPECT_GT(counts.ran, 150);
}

TEST(ManyRandomSpaces, WithBlocksOfTheirOwnRunToo) {
  const test::RandomSpacesCounts counts = test::CheckRandomBlocks(1000, 600);
  std::cout << counts.ran << " ran (" << counts.fused << " of them with fused layers), " << counts.refused
            << " refused\n";
  EXPECT_GT(counts.ran, 200);
}

}  // namespace
}  // namespace danas
