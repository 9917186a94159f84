#include "danas/cost/limits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "danas/arch/space_file.h"
#include "danas/core/random.h"
#include "tests/cost/cost_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

using Network = std::vector<size_t>;

// Whole numbers, so that sums are exact in any order.
CostTable RandomTable(RandomStream& stream) {
  return MakeTable({3, 2, 4, 1, 3}, 50, [&] { return static_cast<double>(stream.UniformInt(40)); });
}

std::vector<CostLimit> RandomLimits(RandomStream& stream, size_t count) {
  std::vector<CostLimit> limits;
  for (size_t k = 0; k < count; ++k) {
    CostLimit limit{.costs = RandomTable(stream)};
    limit.most = std::floor(stream.Uniform(limit.costs.Least() - 5, limit.costs.Most()));
    limits.push_back(limit);
  }
  return limits;
}

TEST(ReachableCosts, AreThoseOfTheNetworksThatMeetTheOtherLimits) {
  RandomStream stream(1, "limits");
  int none = 0, some = 0;
  for (int round = 0; round < 200; ++round) {
    const std::vector<CostLimit> limits = RandomLimits(stream, 1 + stream.UniformInt(3));
    for (size_t which = 0; which < limits.size(); ++which) {
      std::vector<double> costs;
      ForEachNetwork(limits[0].costs, [&](const Network& network) {
        std::vector<CostLimit> others = limits;
        others.erase(others.begin() + static_cast<std::ptrdiff_t>(which));
        if (MeetsAll(others, network)) costs.push_back(limits[which].costs.OfNetwork(network));
      });
      const std::optional<CostBand> reach = ReachableCosts(limits, which);
      ASSERT_EQ(reach.has_value(), !costs.empty());
      ++(costs.empty() ? none : some);
      if (costs.empty()) continue;
      EXPECT_EQ(reach->low, std::ranges::min(costs));
      EXPECT_EQ(reach->high, std::ranges::max(costs));
    }
  }
  EXPECT_GT(none, 5);
  EXPECT_GT(some, 100);
}

// Those of real spaces, whose kinds of cost follow each other closely, in a moment.
TEST(ReachableCosts, OfALargeSpace) {
  const SearchSpace space = LoadSpace("shuffle_mobile").space;
  const CostTable macs = MakeCostTable(*MakeMacsModel(), space),
                  parameters = MakeCostTable(*MakeParametersModel(), space);
  const std::vector<CostLimit> limits = {{.costs = macs, .most = 300e6}, {.costs = parameters, .most = 4e6}};
  const std::optional<CostBand> of_macs = ReachableCosts(limits, 0), of_parameters = ReachableCosts(limits, 1);
  ASSERT_TRUE(of_macs && of_parameters);
  EXPECT_EQ(of_macs->low, macs.Least());
  EXPECT_LT(of_macs->high, macs.Most());
  EXPECT_GT(of_macs->high, 300e6);
  EXPECT_EQ(of_parameters->low, parameters.Least());
  EXPECT_LT(of_parameters->high, parameters.Most());
}

TEST(NetworksWithin, MeetTheBandAndAllLimits) {
  RandomStream stream(2, "limits");
  for (int round = 0; round < 50; ++round) {
    const std::vector<CostLimit> limits = RandomLimits(stream, stream.UniformInt(3));
    const CostTable costs = RandomTable(stream);
    const double middle = stream.Uniform(costs.Least(), costs.Most());
    const CostBand band{.low = 0.8 * middle, .high = 1.2 * middle};
    std::vector<std::vector<double>> score_lc = costs.candidates_lc;
    for (auto& score_c : score_lc) {
      for (double& score : score_c) score = stream.Normal();
    }
    std::set<Network> all;
    ForEachNetwork(costs, [&](const Network& network) {
      if (band.Holds(costs.OfNetwork(network)) && MeetsAll(limits, network)) all.insert(network);
    });
    for (const size_t count : {size_t{4}, size_t{500}}) {
      const std::vector<Network> found = NetworksWithin(costs, band, limits, score_lc, count, 0);
      EXPECT_EQ(found.size(), std::min(count, all.size()));
      EXPECT_TRUE(std::ranges::is_sorted(found));
      for (const Network& network : found) EXPECT_TRUE(all.contains(network));
      EXPECT_EQ(found, NetworksWithin(costs, band, limits, score_lc, count, 0));
      if (all.empty()) continue;
      // The best by score is among them.
      const auto total = [&](const Network& network) {
        double sum = 0;
        for (size_t l = 0; l < network.size(); ++l) sum += score_lc[l][network[l]];
        return sum;
      };
      const Network best = *std::ranges::max_element(all, {}, total);
      EXPECT_EQ(total(*std::ranges::max_element(found, {}, total)), total(best));
    }
  }
}

TEST(NetworksWithin, FindsThemInALargeSpaceToo) {
  const SearchSpace space = LoadSpace("mobile").space;
  const CostTable macs = MakeCostTable(*MakeMacsModel(), space),
                  parameters = MakeCostTable(*MakeParametersModel(), space);
  std::vector<std::vector<double>> score_lc = macs.candidates_lc;
  for (auto& score_c : score_lc) std::ranges::fill(score_c, -std::log(6));
  const CostBand band{.low = 285e6, .high = 306e6};
  EXPECT_EQ(NetworksWithin(macs, band, {}, score_lc, 40, 0).size(), 40u);
  // Of the networks of this cost hardly one in a thousand has so few parameters.
  const std::vector<CostLimit> few = {{.costs = parameters, .most = 2.9e6}};
  const std::vector<Network> found = NetworksWithin(macs, band, few, score_lc, 40, 0);
  EXPECT_GT(found.size(), 5u);
  for (const Network& network : found) {
    EXPECT_TRUE(band.Holds(macs.OfNetwork(network)));
    EXPECT_LE(parameters.OfNetwork(network), 2.9e6);
  }
  EXPECT_TRUE(NetworksWithin(macs, band, {{.costs = parameters, .most = 1e6}}, score_lc, 40, 0).empty());
}

}  // namespace
}  // namespace danas::test
