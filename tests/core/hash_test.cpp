#include "danas/core/hash.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <set>
#include <vector>

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

TEST(Hash, OfBytesDependsOnEveryBitAndTheLength) {
  for (const size_t size :
       {size_t{0}, size_t{1}, size_t{7}, size_t{8}, size_t{31}, size_t{32}, size_t{77}, size_t{200}}) {
    std::vector<uint8_t> bytes(size);
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(37 * i + 11);
    std::set<uint64_t> hashes = {HashBytes(bytes)};
    for (size_t bit = 0; bit < 8 * size; ++bit) {
      bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
      hashes.insert(HashBytes(bytes));
      bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    }
    bytes.push_back(0);
    hashes.insert(HashBytes(bytes));
    EXPECT_EQ(hashes.size(), 8 * size + 2) << size << " bytes";
  }
}

TEST(Hash, OfBytesIsTheSameOnEveryMachine) {
  // Packed sets hold it.
  std::vector<uint8_t> bytes(100);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i);
  EXPECT_EQ(HexText(HashBytes({})), "cdb6844ec3654eb0");
  EXPECT_EQ(HexText(HashBytes(bytes)), "210e8d7d9a2f28d5");
}

TEST(Hash, HexTextHasSixteenDigits) {
  EXPECT_EQ(HexText(0), "0000000000000000");
  EXPECT_EQ(HexText(0x0123456789abcdef), "0123456789abcdef");
  EXPECT_EQ(HexText(~uint64_t{0}), "ffffffffffffffff");
}

}  // namespace
}  // namespace danas
