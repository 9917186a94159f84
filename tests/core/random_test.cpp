#include "danas/core/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>
#include <set>
#include <vector>

namespace danas {
namespace {

constexpr int kDraws = 100000;

std::vector<uint32_t> Words(RandomStream stream, int count) {
  std::vector<uint32_t> words;
  for (int i = 0; i < count; ++i) words.push_back(stream.NextWord());
  return words;
}

// Mean and variance of many draws.
std::array<double, 2> Moments(const std::function<double()>& draw) {
  double sum = 0, squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = draw();
    sum += x;
    squares += x * x;
  }
  const double mean = sum / kDraws;
  return {mean, squares / kDraws - mean * mean};
}

// The known answers that come with Random123 for philox4x32-10.
TEST(Philox, GivesTheAuthorsKnownAnswers) {
  using Words4 = std::array<uint32_t, 4>;
  constexpr uint32_t kOnes = 0xffffffff;
  EXPECT_EQ(Philox({0, 0, 0, 0}, {0, 0}), (Words4{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Philox({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (Words4{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words4{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomStream, IsFixedBySeedNameAndCounters) {
  const std::vector<uint32_t> words = Words(RandomStream(1, "augment", {2, 3}), 16);
  EXPECT_EQ(words, Words(RandomStream(1, "augment", {2, 3}), 16));
  EXPECT_NE(words, Words(RandomStream(2, "augment", {2, 3}), 16));
  EXPECT_NE(words, Words(RandomStream(1, "order", {2, 3}), 16));
  EXPECT_NE(words, Words(RandomStream(1, "augment", {3, 2}), 16));
  EXPECT_NE(words, Words(RandomStream(1, "augment", {2}), 16));
}

TEST(RandomStream, NeighbouringStreamsShareNoWords) {
  std::set<uint32_t> seen;
  size_t drawn = 0;
  for (uint64_t image = 0; image < 64; ++image) {
    for (const uint32_t word : Words(RandomStream(0, "augment", {0, image}), 16)) seen.insert(word);
    drawn += 16;
  }
  // Among 1,024 independent words the expected number of equal pairs is 1024^2 / 2^33 = 0.0001.
  EXPECT_EQ(seen.size(), drawn);
}

TEST(RandomStream, DrawsDoNotDependOnOtherStreams) {
  RandomStream alone(5, "gumbel"), beside(5, "gumbel"), other(5, "order");
  for (int i = 0; i < 100; ++i) {
    for (int k = 0; k < i % 7; ++k) other.NextWord();
    ASSERT_EQ(alone.NextWord(), beside.NextWord()) << "draw " << i;
  }
}

TEST(RandomStream, NeighbouringStreamsAreUncorrelated) {
  RandomStream a(0, "x", {0}), b(0, "x", {1});
  double product = 0;
  for (int i = 0; i < kDraws; ++i) product += (a.Uniform() - 0.5) * (b.Uniform() - 0.5);
  // Each product has variance 1/144.
  EXPECT_NEAR(product / kDraws, 0, 5.0 / 12 / std::sqrt(kDraws));
}

TEST(RandomStream, UniformHasItsMomentsAndRange) {
  RandomStream stream(0, "uniform");
  double least = 1, most = 0;
  const auto [mean, variance] = Moments([&] {
    const double x = stream.Uniform();
    least = std::min(least, x);
    most = std::max(most, x);
    return x;
  });
  EXPECT_GE(least, 0);
  EXPECT_LT(most, 1);
  EXPECT_NEAR(mean, 0.5, 5 * std::sqrt(1.0 / 12 / kDraws));
  EXPECT_NEAR(variance, 1.0 / 12, 0.002);

  for (int i = 0; i < 1000; ++i) {
    const double x = stream.Uniform(-3, 5);
    ASSERT_TRUE(x >= -3 && x < 5) << x;
  }
}

TEST(RandomStream, UniformIntIsInRangeAndEven) {
  RandomStream stream(0, "int");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(stream.UniformInt(1), 0u);

  std::array<int, 6> counts{};
  for (int i = 0; i < kDraws; ++i) ++counts.at(stream.UniformInt(counts.size()));
  for (const int count : counts) {
    EXPECT_NEAR(count, kDraws / 6.0, 5 * std::sqrt(kDraws * 5.0 / 36));
  }

  // Just above half of all words: without rejection the lower half would come up twice as often.
  constexpr uint64_t kBound = (uint64_t{3} << 62);
  int low = 0;
  for (int i = 0; i < 10000; ++i) low += stream.UniformInt(kBound) < kBound / 3;
  EXPECT_NEAR(low, 10000 / 3.0, 5 * std::sqrt(10000 * 2.0 / 9));
}

TEST(RandomStream, NormalHasItsMomentsAndTails) {
  RandomStream stream(0, "normal");
  int outside = 0;
  const auto [mean, variance] = Moments([&] {
    const double x = stream.Normal();
    outside += std::abs(x) > 1.959964;
    return x;
  });
  EXPECT_NEAR(mean, 0, 5 / std::sqrt(kDraws));
  EXPECT_NEAR(variance, 1, 5 * std::sqrt(2.0 / kDraws));
  EXPECT_NEAR(outside, 0.05 * kDraws, 5 * std::sqrt(0.05 * 0.95 * kDraws));
}

TEST(RandomStream, GumbelHasItsMoments) {
  RandomStream stream(0, "gumbel");
  bool finite = true;
  const auto [mean, variance] = Moments([&] {
    const double x = stream.Gumbel();
    finite = finite && std::isfinite(x);
    return x;
  });
  EXPECT_TRUE(finite);
  const double expected_variance = std::numbers::pi * std::numbers::pi / 6;
  EXPECT_NEAR(mean, std::numbers::egamma, 5 * std::sqrt(expected_variance / kDraws));
  EXPECT_NEAR(variance, expected_variance, 0.06);
}

// Eq. 6 rests on it: the argmax of a + Gumbel noise is drawn from softmax(a).
TEST(RandomStream, GumbelArgmaxIsDrawnFromSoftmax) {
  RandomStream stream(0, "gumbel-max");
  const std::array<double, 3> a = {0, 1, 2};
  std::array<int, 3> counts{};
  for (int i = 0; i < kDraws; ++i) {
    std::array<double, 3> noisy{};
    for (size_t c = 0; c < a.size(); ++c) noisy[c] = a[c] + stream.Gumbel();
    ++counts[std::max_element(noisy.begin(), noisy.end()) - noisy.begin()];
  }
  const double total = 1 + std::exp(1) + std::exp(2);
  for (size_t c = 0; c < a.size(); ++c) {
    EXPECT_NEAR(counts[c] / double{kDraws}, std::exp(a[c]) / total, 0.008) << "candidate " << c;
  }
}

TEST(RandomStream, ShuffleReachesEveryOrderEvenly) {
  std::array<int, 24> counts{};
  for (uint64_t round = 0; round < 24000; ++round) {
    std::vector<int> items = {0, 1, 2, 3};
    RandomStream(0, "shuffle", {round}).Shuffle(items);
    int rank = 0;
    for (int i = 0; i < 4; ++i) {
      rank = rank * (4 - i) +
             static_cast<int>(std::count_if(items.begin() + i, items.end(), [&](int item) { return item < items[i]; }));
    }
    ++counts.at(rank);
  }
  for (const int count : counts) EXPECT_NEAR(count, 1000, 5 * std::sqrt(1000));

  std::vector<int> none, one = {7};
  RandomStream(0, "x").Shuffle(none);
  RandomStream(0, "x").Shuffle(one);
  EXPECT_EQ(one, std::vector<int>{7});
}

}  // namespace
}  // namespace danas
