#include "danas/search/choices/random_networks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "danas/core/error.h"
#include "danas/cost/band_count.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

using Network = std::vector<size_t>;

const CostTable kCosts{.unit = "MACs", .fixed = 10, .candidates_lc = {{1, 5, 9}, {2, 4, 7}, {1, 3}}};
constexpr CostBand kBand{.low = 18, .high = 25};

std::vector<Network> Draw(size_t count, uint64_t number) {
  RandomStream stream(1, "random_networks", {number});
  return RandomNetworks(kCosts, kBand, count, stream);
}

// Of counts that are expected to be equal.
double ChiSquare(const std::map<std::vector<Network>, int>& counts, size_t cells, int draws) {
  const double expected = static_cast<double>(draws) / static_cast<double>(cells);
  double sum = static_cast<double>(cells - counts.size()) * expected;
  for (const auto& [cell, count] : counts) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

TEST(RandomNetworks, NoTwoAlikeAndAllInTheBand) {
  const std::vector<Network> all = AllNetworks(kCosts, kBand, 100);
  ASSERT_EQ(all.size(), 12u);
  for (uint64_t number = 0; number < 100; ++number) {
    const std::vector<Network> drawn = Draw(6, number);
    EXPECT_EQ(std::set<Network>(drawn.begin(), drawn.end()).size(), 6u);
    for (const Network& network : drawn) EXPECT_TRUE(kBand.Holds(kCosts.OfNetwork(network)));
    std::vector<Network> whole = Draw(all.size(), number);
    std::ranges::sort(whole);
    EXPECT_EQ(whole, all);
  }
  EXPECT_NE(Draw(6, 0), Draw(6, 1));
  EXPECT_EQ(Draw(6, 0), Draw(6, 0));
}

// Every ordered pair of the first and the last of six is as likely as any other. Bounds: 99.99 % of χ² with 11 and
// with 131 degrees of freedom.
TEST(RandomNetworks, AreUniform) {
  constexpr int kDraws = 20000;
  const size_t networks = AllNetworks(kCosts, kBand, 100).size();
  std::map<std::vector<Network>, int> first, pair;
  for (int draw = 0; draw < kDraws; ++draw) {
    const std::vector<Network> drawn = Draw(6, static_cast<uint64_t>(draw));
    ++first[{drawn.front()}];
    ++pair[{drawn.front(), drawn.back()}];
  }
  EXPECT_LT(ChiSquare(first, networks, kDraws), 37.4);
  EXPECT_LT(ChiSquare(pair, networks * (networks - 1), kDraws), 200);
}

TEST(RandomNetworks, SaysWhereTheBandIsEmpty) {
  RandomStream stream(1, "random_networks");
  ExpectErrorContains<ConfigError>([&] { RandomNetworks(kCosts, {100, 200}, 1, stream); }, {"no network"});
}

}  // namespace
}  // namespace danas::test
