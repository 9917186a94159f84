#include "danas/cost/even_weights.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iostream>

#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "danas/cost/band_sampler.h"
#include "tests/cost/cost_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

using Table = std::vector<std::vector<double>>;

std::vector<std::vector<bool>> All(const CostTable& costs) {
  std::vector<std::vector<bool>> usable_lc;
  for (const auto& cost_c : costs.candidates_lc) usable_lc.emplace_back(cost_c.size(), true);
  return usable_lc;
}

double MeanCost(const CostTable& costs, const Table& share_lc) {
  double sum = costs.fixed;
  for (size_t l = 0; l < share_lc.size(); ++l) {
    for (size_t c = 0; c < share_lc[l].size(); ++c) sum += share_lc[l][c] * costs.candidates_lc[l][c];
  }
  return sum;
}

double EvenCost(const CostTable& costs, const std::vector<std::vector<bool>>& usable_lc) {
  Table share_lc;
  for (const std::vector<bool>& usable_c : usable_lc) {
    std::vector<double>& share_c = share_lc.emplace_back();
    const auto count = static_cast<double>(std::ranges::count(usable_c, true));
    for (const bool usable : usable_c) share_c.push_back(usable ? 1 / count : 0);
  }
  return MeanCost(costs, share_lc);
}

// The share of each candidate among the networks of the band, each with the product of its weights: by enumeration.
Table SharesByEnumeration(const CostTable& costs, const CostBand& band, const Table& weight_lc) {
  Table share_lc;
  for (const auto& cost_c : costs.candidates_lc) share_lc.emplace_back(cost_c.size(), 0.0);
  double whole = 0;
  ForEachNetwork(costs, [&](const std::vector<size_t>& choice) {
    if (!band.Holds(costs.OfNetwork(choice))) return;
    double weight = 1;
    for (size_t l = 0; l < choice.size(); ++l) weight *= weight_lc[l][choice[l]];
    for (size_t l = 0; l < choice.size(); ++l) share_lc[l][choice[l]] += weight;
    whole += weight;
  });
  for (auto& share_c : share_lc) {
    for (double& share : share_c) share /= whole;
  }
  return share_lc;
}

Table Ones(const CostTable& costs) {
  Table weight_lc;
  for (const auto& cost_c : costs.candidates_lc) weight_lc.emplace_back(cost_c.size(), 1.0);
  return weight_lc;
}

double LeastShare(const Table& share_lc) {
  double least = 1;
  for (const auto& share_c : share_lc) least = std::min(least, *std::ranges::min_element(share_c));
  return least;
}

CostTable SixLayers() {
  RandomStream random(3, "costs");
  return MakeTable({4, 3, 4, 2, 4, 3}, 50, [&] { return 10 * static_cast<double>(1 + random.UniformInt(30)); });
}

TEST(FairShares, AreEvenAtTheEvenCost) {
  const CostTable costs = SixLayers();
  const Table share_lc = FairShares(costs, All(costs), costs.Mean());
  for (const auto& share_c : share_lc) {
    for (const double share : share_c) EXPECT_NEAR(share, 1.0 / static_cast<double>(share_c.size()), 1e-9);
  }
}

TEST(FairShares, HaveTheirMeanCostAndNoneMoreEvenHasIt) {
  const CostTable costs = SixLayers();
  for (const double factor : {0.6, 0.8, 0.95, 1.1, 1.4}) {
    SCOPED_TRACE(factor);
    const double wanted = factor * costs.Mean();
    const Table share_lc = FairShares(costs, All(costs), wanted);
    EXPECT_NEAR(MeanCost(costs, share_lc), wanted, 1e-5 * wanted);
    for (const auto& share_c : share_lc) {
      double sum = 0;
      for (const double share : share_c) sum += share;
      EXPECT_NEAR(sum, 1, 1e-9);
    }
    // Small moves that keep the layers' sums and the mean cost: two candidates of one layer against two of another.
    const double evenness = Evenness(share_lc);
    RandomStream random(4, "moves");
    int moved = 0;
    for (int i = 0; i < 2000; ++i) {
      Table other_lc = share_lc;
      const size_t a = random.UniformInt(6), b = random.UniformInt(6);
      const auto pick = [&](size_t l) { return random.UniformInt(costs.candidates_lc[l].size()); };
      const size_t a1 = pick(a), a2 = pick(a), b1 = pick(b), b2 = pick(b);
      const double a_cost = costs.candidates_lc[a][a1] - costs.candidates_lc[a][a2];
      const double b_cost = costs.candidates_lc[b][b1] - costs.candidates_lc[b][b2];
      if (a == b || a_cost == 0 || b_cost == 0) continue;
      const double step = 1e-3 * LeastShare(share_lc) * (random.Uniform() - 0.5);
      other_lc[a][a1] += step, other_lc[a][a2] -= step;
      other_lc[b][b1] -= step * a_cost / b_cost, other_lc[b][b2] += step * a_cost / b_cost;
      if (LeastShare(other_lc) <= 0) continue;
      ++moved;
      EXPECT_LE(Evenness(other_lc), evenness + 1e-9);
    }
    EXPECT_GT(moved, 500);
  }
}

TEST(FairShares, LeaveOutWhatCannotBeUsed) {
  const CostTable costs{"MACs", 0, {{1, 5, 9}, {2, 4}}};
  const Table share_lc = FairShares(costs, {{true, true, false}, {true, true}}, 6);
  EXPECT_EQ(share_lc[0][2], 0);
  EXPECT_NEAR(share_lc[0][0] + share_lc[0][1], 1, 1e-9);
  EXPECT_NEAR(MeanCost(costs, share_lc), 6, 1e-5);
}

TEST(FairShares, OutOfReachAreThoseOfTheEnds) {
  const CostTable costs{"MACs", 10, {{1, 5}, {2, 4}}};
  EXPECT_NEAR(MeanCost(costs, FairShares(costs, All(costs), 0)), 13, 1e-3);
  EXPECT_NEAR(MeanCost(costs, FairShares(costs, All(costs), 100)), 19, 1e-3);
  const CostTable equal{"MACs", 10, {{3, 3}, {2}}};
  EXPECT_NEAR(FairShares(equal, All(equal), 50)[0][1], 0.5, 1e-9);
}

TEST(EvenWeights, MakeSharesEvenWhereTheBandAllowsIt) {
  const CostTable costs = SixLayers();
  const CostBand band{0.95 * costs.Mean(), 1.03 * costs.Mean()};
  EXPECT_LT(Evenness(SharesByEnumeration(costs, band, Ones(costs))), -1e-3);  // there is something to even
  const Table share_lc = SharesByEnumeration(costs, band, EvenWeights(costs, band));
  for (const auto& share_c : share_lc) {
    for (const double share : share_c) EXPECT_NEAR(share * static_cast<double>(share_c.size()), 1, 0.011);
  }
}

TEST(EvenWeights, ComeNearestWhereTheBandForbidsIt) {
  const CostTable costs = SixLayers();
  for (const double factor : {0.65, 0.8, 1.25, 1.45}) {
    SCOPED_TRACE(factor);
    const CostBand band{0.95 * factor * costs.Mean(), 1.02 * factor * costs.Mean()};
    const Table before_lc = SharesByEnumeration(costs, band, Ones(costs));
    const Table after_lc = SharesByEnumeration(costs, band, EvenWeights(costs, band));
    std::vector<std::vector<bool>> usable_lc;  // near the space's ends some candidates are in no network of the band
    for (const auto& share_c : before_lc) {
      usable_lc.emplace_back();
      for (const double share : share_c) usable_lc.back().push_back(share > 0);
    }
    EXPECT_GT(Evenness(after_lc), Evenness(before_lc));
    EXPECT_GE(LeastShare(after_lc), LeastShare(before_lc));
    // No distribution in the band is more even than the fair shares of the mean cost there nearest to the even one.
    const double nearest = std::min(std::max(EvenCost(costs, usable_lc), band.low), band.high);
    EXPECT_LE(Evenness(after_lc), Evenness(FairShares(costs, usable_lc, nearest)) + 1e-6);
    EXPECT_GT(Evenness(after_lc), 1.3 * Evenness(FairShares(costs, usable_lc, (band.low + band.high) / 2)) - 1e-4);
  }
}

TEST(EvenWeights, HoldInLargeSpacesToo) {
  const CostTable costs = MakeCostTable(*MakeMacsModel(), LoadSpace("shuffle_mobile").space);
  for (const double center : {2.3e8, 3.23e8}) {
    const CostBand band{0.95 * center, 1.02 * center};
    const Table before_lc = BandSampler(costs, band).Probabilities();
    const Table after_lc = BandSampler(costs, band, EvenWeights(costs, band)).Probabilities();
    EXPECT_GT(Evenness(after_lc), Evenness(before_lc)) << center;
    EXPECT_GT(LeastShare(after_lc), LeastShare(before_lc)) << center;
    std::cout << center << ": evenness " << Evenness(before_lc) << " -> " << Evenness(after_lc) << ", least share "
              << LeastShare(before_lc) << " -> " << LeastShare(after_lc) << "\n";
  }
}

TEST(EvenWeights, OddBands) {
  const CostTable costs{"MACs", 5, {{1, 10, 100}, {1, 10, 100}, {1, 10, 100}}};
  // The only networks are the six orders of 1, 10, 100: even already.
  for (const auto& weight_c : EvenWeights(costs, {116, 116})) {
    for (const double weight : weight_c) EXPECT_NEAR(weight, 1, 1e-9);
  }
  const CostTable equal{"MACs", 5, {{1, 1}, {2}}};
  EXPECT_EQ(EvenWeights(equal, {8, 8})[0], (std::vector<double>{1, 1}));
  ExpectErrorContains<ConfigError>(
      [&] {
        EvenWeights(costs, {117, 120});
      },
      {"no network costs between", "widen the band"});
}

TEST(EvenWeights, AreTheSameBitsAgain) {
  const CostTable costs = SixLayers();
  const CostBand band{0.7 * costs.Mean(), 0.8 * costs.Mean()};
  EXPECT_EQ(EvenWeights(costs, band), EvenWeights(costs, band));
}

}  // namespace
}  // namespace danas::test
