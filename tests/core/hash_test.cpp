#include "danas/core/hash.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <set>

namespace danas {
namespace {

TEST(Hash, DependsOnEveryCharacterAndTheirOrder) {
  const std::set<uint64_t> hashes = {HashText(""),   HashText("a"),  HashText("b"),
                                     HashText("ab"), HashText("ba"), HashText(std::string_view("a\0", 2))};
  EXPECT_EQ(hashes.size(), 6u);
}

TEST(Hash, IsTheSameOnEveryMachine) {
  // Random streams are keyed by it: another value here means another run from the same seed.
  EXPECT_EQ(HexText(HashText("")), "c3817c016ba4ff30");
  EXPECT_EQ(HexText(HashText("augment")), "a5344b0a98de5849");
  EXPECT_EQ(HexText(HashWords(1, {2, 3})), "696ef80af0233088");
}

TEST(Hash, OneInputBitFlipsHalfTheOutputBits) {
  double flipped = 0;
  for (int bit = 0; bit < 64; ++bit) {
    flipped += std::popcount(HashWords(7, {uint64_t{1} << bit}) ^ HashWords(7, {0}));
    flipped += std::popcount(HashWords(uint64_t{1} << bit, {7}) ^ HashWords(0, {7}));
  }
  // 8192 fair coins: the mean is 32 of 64, its standard deviation 0.35.
  EXPECT_NEAR(flipped / 128, 32, 5 * 0.354);
}

TEST(Hash, WordsAreOrderedAndCounted) {
  EXPECT_NE(HashWords(0, {1, 2}), HashWords(0, {2, 1}));
  EXPECT_NE(HashWords(0, {0}), HashWords(0, {}));
  EXPECT_NE(HashWords(0, {0, 0}), HashWords(0, {0}));
}

TEST(Hash, HexTextHasSixteenDigits) {
  EXPECT_EQ(HexText(0), "0000000000000000");
  EXPECT_EQ(HexText(0x0123456789abcdef), "0123456789abcdef");
  EXPECT_EQ(HexText(~uint64_t{0}), "ffffffffffffffff");
}

}  // namespace
}  // namespace danas
