// Costs of which the greatest counts, as memory's do: everything that folds over a table against a walk over all
// networks.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <stdexcept>

#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "danas/core/random.h"
#include "danas/cost/band_count.h"
#include "danas/cost/band_sampler.h"
#include "danas/cost/best_networks.h"
#include "danas/cost/budgeted_choice.h"
#include "danas/cost/even_weights.h"
#include "danas/cost/limits.h"
#include "tests/cost/cost_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

using Network = std::vector<size_t>;
using Scores = std::vector<std::vector<double>>;

constexpr double kNone = -std::numeric_limits<double>::infinity();

// Few different costs, so that layers often share the greatest; every third table's fixed part is among the dearest.
CostTable RandomTable(RandomStream& stream) {
  const double fixed = stream.UniformInt(3) == 0 ? static_cast<double>(stream.UniformInt(12)) : 0;
  CostTable table = MakeTable({3, 2, 4, 1, 3}, fixed, [&] { return static_cast<double>(stream.UniformInt(12)); });
  table.fold = CostFold::kMax;
  table.unit = "bytes";
  return table;
}

CostBand RandomBand(const CostTable& table, RandomStream& stream) {
  const double a = stream.Uniform(table.Least() - 1, table.Most() + 1), b = a + stream.Uniform(0, 6);
  return stream.UniformInt(2) == 0 ? CostBand{a, b} : CostBand{std::round(a), std::round(b)};
}

// What a network costs, without the table's help.
double Greatest(const CostTable& table, const Network& network) {
  double most = table.fixed;
  for (size_t l = 0; l < network.size(); ++l) most = std::max(most, table.candidates_lc[l][network[l]]);
  return most;
}

std::vector<Network> InBand(const CostTable& table, const CostBand& band) {
  std::vector<Network> networks;
  ForEachNetwork(table, [&](const Network& network) {
    if (band.Holds(Greatest(table, network))) networks.push_back(network);
  });
  std::ranges::sort(networks);
  return networks;
}

Scores RandomScores(const CostTable& table, RandomStream& stream) {
  Scores score_lc = table.candidates_lc;
  for (auto& score_c : score_lc) {
    for (double& score : score_c) score = stream.Normal();
  }
  return score_lc;
}

TEST(GreatestCost, SummariesAreThoseOfAllNetworks) {
  RandomStream stream(1, "greatest");
  for (int round = 0; round < 100; ++round) {
    const CostTable table = RandomTable(stream);
    std::set<double> costs;
    double sum = 0, networks = 0;
    ForEachNetwork(table, [&](const Network& network) {
      const double cost = table.OfNetwork(network);
      ASSERT_EQ(cost, Greatest(table, network));
      costs.insert(cost);
      sum += cost;
      ++networks;
    });
    EXPECT_EQ(table.Least(), *costs.begin());
    EXPECT_EQ(table.Most(), *costs.rbegin());
    EXPECT_EQ(table.Levels(), std::vector<double>(costs.begin(), costs.end()));
    EXPECT_NEAR(table.Mean(), sum / networks, 1e-12 * table.Most());
    EXPECT_EQ(table.FixedPart(), std::max(table.fixed, table.candidates_lc[3][0]));
  }
}

TEST(GreatestCost, ExpectationIsThatOfIndependentLayers) {
  RandomStream stream(2, "greatest");
  for (int round = 0; round < 100; ++round) {
    CostTable table = RandomTable(stream);
    Scores probability_lc = table.candidates_lc;
    for (auto& probability_c : probability_lc) {
      for (double& p : probability_c) p = stream.UniformInt(4) == 0 ? 0 : stream.Uniform();
      probability_c[0] += 0.1;
      const double sum = std::accumulate(probability_c.begin(), probability_c.end(), 0.0);
      for (double& p : probability_c) p /= sum;
    }
    for (const CostFold fold : {CostFold::kMax, CostFold::kSum}) {
      table.fold = fold;
      double expected = 0;
      ForEachNetwork(table, [&](const Network& network) {
        double p = 1;
        for (size_t l = 0; l < network.size(); ++l) p *= probability_lc[l][network[l]];
        expected += p * table.OfNetwork(network);
      });
      EXPECT_NEAR(table.Expected(probability_lc), expected, 1e-12 * table.Most());
    }
  }
}

TEST(GreatestCost, LevelsOfSumsAreRefused) {
  EXPECT_THROW((void)CostTable({"MACs", 5, {{1, 10}}}).Levels(), std::logic_error);
}

TEST(GreatestCost, BandsAreCountedAndListed) {
  RandomStream stream(3, "greatest");
  int some = 0;
  for (int round = 0; round < 200; ++round) {
    const CostTable table = RandomTable(stream);
    const CostBand band = RandomBand(table, stream);
    const std::vector<Network> all = InBand(table, band);
    EXPECT_EQ(CountNetworks(table, band), static_cast<double>(all.size()));
    EXPECT_EQ(AllNetworks(table, band, 1000), all);
    some += all.empty() ? 0 : 1;
  }
  EXPECT_GT(some, 100);
}

// 24 layers of three candidates: 3^24 networks, of which 2^24 cost at most 2 and one 1.
TEST(GreatestCost, LargeSpacesAreCountedExactly) {
  const CostTable table{"bytes", 1, std::vector<std::vector<double>>(24, {1, 2, 3}), CostFold::kMax};
  EXPECT_EQ(CountNetworks(table, {0, 1}), 1);
  EXPECT_EQ(CountNetworks(table, {2, 2}), std::pow(2, 24) - 1);
  EXPECT_EQ(CountNetworks(table, {1.5, 3}), std::pow(3, 24) - 1);
  EXPECT_EQ(CountNetworks(table, {2.1, 2.9}), 0);
  EXPECT_EQ(CountNetworks(table, {2.9, 2.1}), 0);
}

TEST(GreatestCost, DrawsAreUniformInTheBand) {
  RandomStream tables(4, "greatest"), stream(5, "greatest");
  int tried = 0;
  for (int round = 0; round < 12; ++round) {
    const CostTable table = RandomTable(tables);
    const CostBand band = RandomBand(table, tables);
    std::map<Network, int> count;
    for (const Network& network : InBand(table, band)) count[network] = 0;
    if (count.size() < 5) continue;
    ++tried;
    const BandSampler sampler(table, band);
    const int draws = 40 * static_cast<int>(count.size());
    for (int i = 0; i < draws; ++i) {
      const auto found = count.find(sampler.Draw(stream));
      ASSERT_NE(found, count.end());
      ++found->second;
    }
    double chi = 0;
    for (const auto& [network, n] : count) chi += (n - 40.0) * (n - 40.0) / 40;
    const double freedom = static_cast<double>(count.size()) - 1;
    EXPECT_LT(std::abs(chi - freedom) / std::sqrt(2 * freedom), 4) << "round " << round;
  }
  EXPECT_GT(tried, 5);
}

TEST(GreatestCost, WeightsMakeProbabilities) {
  RandomStream stream(6, "greatest");
  for (int round = 0; round < 50; ++round) {
    const CostTable table = RandomTable(stream);
    const CostBand band = RandomBand(table, stream);
    const std::vector<Network> all = InBand(table, band);
    if (all.empty()) continue;
    Scores weight_lc = table.candidates_lc, expected_lc = table.candidates_lc;
    for (auto& weight_c : weight_lc) {
      for (double& weight : weight_c) weight = stream.Uniform(0.1, 3);
    }
    for (auto& expected_c : expected_lc) std::ranges::fill(expected_c, 0.0);
    double sum = 0;
    for (const Network& network : all) {
      double weight = 1;
      for (size_t l = 0; l < network.size(); ++l) weight *= weight_lc[l][network[l]];
      for (size_t l = 0; l < network.size(); ++l) expected_lc[l][network[l]] += weight;
      sum += weight;
    }
    const Scores probability_lc = BandSampler(table, band, weight_lc).Probabilities();
    for (size_t l = 0; l < expected_lc.size(); ++l) {
      for (size_t c = 0; c < expected_lc[l].size(); ++c) {
        EXPECT_NEAR(probability_lc[l][c], expected_lc[l][c] / sum, 1e-12);
      }
    }
  }
}

TEST(GreatestCost, BestNetworksAndMarginalsAreThoseOfTrial) {
  RandomStream stream(7, "greatest");
  int tried = 0;
  for (int round = 0; round < 60; ++round) {
    const CostTable table = RandomTable(stream);
    const CostBand band = RandomBand(table, stream);
    NetworkScores scores{.score_lc = RandomScores(table, stream)};
    if (round % 2 == 1) {
      for (size_t l = 0; l + 1 < table.candidates_lc.size(); ++l) {
        scores.pair_lcd.emplace_back(table.candidates_lc[l].size(),
                                     std::vector<double>(table.candidates_lc[l + 1].size()));
        for (auto& pair_d : scores.pair_lcd.back()) {
          for (double& pair : pair_d) pair = stream.Normal();
        }
      }
    }
    std::vector<Network> all = InBand(table, band);
    if (all.empty()) continue;
    ++tried;
    Scores marginal_lc = table.candidates_lc;
    for (auto& marginal_c : marginal_lc) std::ranges::fill(marginal_c, kNone);
    for (const Network& network : all) {
      for (size_t l = 0; l < network.size(); ++l) {
        marginal_lc[l][network[l]] = std::max(marginal_lc[l][network[l]], scores.Total(network));
      }
    }
    std::ranges::sort(all, std::greater(), [&](const Network& network) { return scores.Total(network); });
    EXPECT_EQ(BestNetworks(table, scores, band, 1000), all) << "round " << round;
    EXPECT_EQ(BestNetworks(table, scores, band, 1), std::vector<Network>{all.front()});
    const Scores found_lc = MaxMarginals(table, scores, band);
    for (size_t l = 0; l < marginal_lc.size(); ++l) {
      for (size_t c = 0; c < marginal_lc[l].size(); ++c) {
        if (std::isfinite(marginal_lc[l][c])) {
          EXPECT_NEAR(found_lc[l][c], marginal_lc[l][c], 1e-12);
        } else {
          EXPECT_EQ(found_lc[l][c], kNone);
        }
      }
    }
  }
  EXPECT_GT(tried, 30);
}

TEST(GreatestCost, TheBestWithinABudgetIsThatOfTrial) {
  RandomStream stream(8, "greatest");
  int refused = 0;
  for (int round = 0; round < 200; ++round) {
    const CostTable table = RandomTable(stream);
    Scores score_lc = table.candidates_lc;
    for (auto& score_c : score_lc) {
      for (double& score : score_c) score = static_cast<double>(stream.UniformInt(3));  // equal ones, too
    }
    const double budget = std::floor(stream.Uniform(table.Least() - 2, table.Most() + 2));
    double best = kNone, cheapest = 0;
    for (const Network& network : InBand(table, {kNone, budget})) {
      const double total = NetworkScores{.score_lc = score_lc}.Total(network), cost = Greatest(table, network);
      if (total > best || (total == best && cost < cheapest)) best = total, cheapest = cost;
    }
    if (best == kNone) {
      ++refused;
      ExpectErrorContains<ConfigError>([&] { BestWithin(table, score_lc, budget); },
                                       {"no network costs at most", "bytes", "raise the budget"});
      continue;
    }
    const Network found = BestWithin(table, score_lc, budget);
    EXPECT_EQ(NetworkScores{.score_lc = score_lc}.Total(found), best);
    EXPECT_EQ(table.OfNetwork(found), cheapest);
  }
  EXPECT_GT(refused, 10);
}

TEST(GreatestCost, EmptyBandsNameTheNearestCosts) {
  const CostTable table{"bytes", 3, {{1, 10}, {1, 20}}, CostFold::kMax};
  ExpectErrorContains<ConfigError>(
      [&] {
        BandSampler(table, {11, 19});
      },
      {"no network costs between 11 and 19 bytes", "of this space cost 3 to 20",
       "the nearest that networks have are 10 and 20 bytes", "widen the band"});
  ExpectErrorContains<ConfigError>(
      [&] {
        BestNetworks(table, {{0, 1}, {0, 1}}, {0, 2}, 1);
      },
      {"the nearest that networks have is 3 bytes"});
  ExpectErrorContains<ConfigError>(
      [&] {
        MaxMarginals(table, {{0, 1}, {0, 1}}, {21, 30});
      },
      {"the nearest that networks have is 20 bytes"});
  EXPECT_EQ(NearestLevelsText({"MACs", 5, {{1, 10}}}, 7, 8), "");
}

double LeastOverEven(const Scores& share_lc) {
  double least = 1;
  for (const auto& share_c : share_lc) {
    const auto used = static_cast<double>(std::ranges::count_if(share_c, [](double share) { return share > 0; }));
    for (const double share : share_c) {
      if (share > 0) least = std::min(least, share * used);
    }
  }
  return least;
}

TEST(GreatestCost, SharesAreEvenWhereTheBandAllowsIt) {
  // One in three candidates reaches 5, in six layers: two a network in the mean.
  const CostTable often{"bytes", 0, std::vector<std::vector<double>>(6, {1, 2, 5}), CostFold::kMax};
  const CostBand band{5, 5};
  EXPECT_LT(Evenness(BandSampler(often, band).Probabilities()), -1e-3);
  for (const auto& share_c : BandSampler(often, band, EvenWeights(often, band)).Probabilities()) {
    for (const double share : share_c) EXPECT_NEAR(3 * share, 1, 0.011);
  }
  // No lower end to reach, and one candidate too dear: even as they are.
  const CostTable any{"bytes", 0, {{1, 2, 9}, {1, 2, 3}}, CostFold::kMax};
  EXPECT_EQ(BandSampler(any, {0, 3}, EvenWeights(any, {0, 3})).Probabilities()[0][0], 0.5);
  EXPECT_EQ(BandSampler(any, {0, 3}, EvenWeights(any, {0, 3})).Probabilities()[0][2], 0);
  // Two layers alone reach 5, with one candidate of four each: a network needs one of them.
  const CostTable seldom{"bytes", 0, {{1, 2, 2, 5}, {1, 2, 5, 1}, {1, 2, 3}}, CostFold::kMax};
  const Scores before_lc = BandSampler(seldom, band).Probabilities();
  const Scores after_lc = BandSampler(seldom, band, EvenWeights(seldom, band)).Probabilities();
  EXPECT_GT(Evenness(after_lc), Evenness(before_lc));
  EXPECT_GT(LeastOverEven(after_lc), LeastOverEven(before_lc));
  EXPECT_THROW(FairShares(often, std::vector<std::vector<bool>>(6, {true, true, true}), 3), std::invalid_argument);
}

TEST(GreatestCost, LargeSpacesGetEvenWeights) {
  const CostTable table = MakeCostTable(*MakeMemoryModel(), LoadSpace("mobile").space);
  const CostBand band{table.Least(), table.Least()};
  EXPECT_GT(CountNetworks(table, band), 1e6);
  const Scores share_lc = BandSampler(table, band, EvenWeights(table, band)).Probabilities();
  EXPECT_GT(Evenness(share_lc), -0.02);
}

TEST(GreatestCost, ReachableCostsBesideSums) {
  RandomStream stream(9, "greatest");
  int none = 0, some = 0;
  for (int round = 0; round < 150; ++round) {
    std::vector<CostLimit> limits;
    const size_t sums = stream.UniformInt(4);
    const size_t greatest = sums == 3 ? 1 : 1 + stream.UniformInt(2);
    for (size_t k = 0; k < sums + greatest; ++k) {
      CostLimit limit{.costs = RandomTable(stream)};
      if (k < sums) limit.costs.fold = CostFold::kSum;
      limit.most = std::floor(stream.Uniform(limit.costs.Least() - 1, limit.costs.Most()));
      limits.push_back(limit);
    }
    for (size_t which = 0; which < limits.size(); ++which) {
      std::vector<double> costs;
      ForEachNetwork(limits[0].costs, [&](const Network& network) {
        std::vector<CostLimit> others = limits;
        others.erase(others.begin() + static_cast<std::ptrdiff_t>(which));
        if (MeetsAll(others, network)) costs.push_back(limits[which].costs.OfNetwork(network));
      });
      const std::optional<CostBand> reach = ReachableCosts(limits, which);
      ASSERT_EQ(reach.has_value(), !costs.empty()) << "round " << round;
      ++(costs.empty() ? none : some);
      if (costs.empty()) continue;
      EXPECT_EQ(reach->low, std::ranges::min(costs)) << "round " << round << ", limit " << which;
      EXPECT_EQ(reach->high, std::ranges::max(costs)) << "round " << round << ", limit " << which;
    }
  }
  EXPECT_GT(none, 20);
  EXPECT_GT(some, 150);
}

TEST(GreatestCost, NetworksWithinKeepBothKindsOfLimits) {
  RandomStream stream(10, "greatest");
  int some = 0;
  for (int round = 0; round < 80; ++round) {
    CostTable costs = RandomTable(stream);
    if (round % 2 == 0) costs.fold = CostFold::kSum;
    const CostBand band = round % 2 == 0 ? CostBand{0.7 * costs.Mean(), 1.3 * costs.Mean()} : RandomBand(costs, stream);
    std::vector<CostLimit> limits;
    for (const CostFold fold : {CostFold::kMax, CostFold::kSum}) {
      CostLimit limit{.costs = RandomTable(stream)};
      limit.costs.fold = fold;
      limit.most = std::floor(stream.Uniform(limit.costs.Least(), limit.costs.Most() + 1));
      limits.push_back(limit);
    }
    const Scores score_lc = RandomScores(costs, stream);
    std::set<Network> all;
    ForEachNetwork(costs, [&](const Network& network) {
      if (band.Holds(costs.OfNetwork(network)) && MeetsAll(limits, network)) all.insert(network);
    });
    for (const size_t count : {size_t{4}, size_t{500}}) {
      const std::vector<Network> found = NetworksWithin(costs, band, limits, score_lc, count, 0);
      EXPECT_EQ(found.size(), std::min(count, all.size())) << "round " << round;
      EXPECT_TRUE(std::ranges::is_sorted(found));
      for (const Network& network : found) EXPECT_TRUE(all.contains(network));
      if (all.empty()) continue;
      const auto total = [&](const Network& network) { return NetworkScores{.score_lc = score_lc}.Total(network); };
      EXPECT_EQ(total(*std::ranges::max_element(found, {}, total)), total(*std::ranges::max_element(all, {}, total)));
    }
    some += all.empty() ? 0 : 1;
  }
  EXPECT_GT(some, 40);
}

// A large space, a limit on memory beside the budget in MACs, and the other way round.
TEST(GreatestCost, LimitsOfALargeSpace) {
  const SearchSpace space = LoadSpace("mobile").space;
  const CostTable macs = MakeCostTable(*MakeMacsModel(), space), memory = MakeCostTable(*MakeMemoryModel(), space);
  const double low = memory.Levels().at(1);
  Scores score_lc = macs.candidates_lc;
  for (auto& score_c : score_lc) std::ranges::fill(score_c, -std::log(6));
  const CostBand band{.low = 0.9 * macs.Mean(), .high = macs.Mean()};
  const std::optional<CostBand> reach =
      ReachableCosts({{.costs = macs, .most = band.high}, {.costs = memory, .most = low}}, 1);
  ASSERT_TRUE(reach);
  EXPECT_EQ(reach->low, memory.Least());
  EXPECT_EQ(reach->high, memory.Most()) << "one dear candidate leaves room for cheap others";
  const std::vector<Network> found = NetworksWithin(macs, band, {{.costs = memory, .most = low}}, score_lc, 40, 0);
  EXPECT_EQ(found.size(), 40u);
  for (const Network& network : found) {
    EXPECT_TRUE(band.Holds(macs.OfNetwork(network)));
    EXPECT_LE(memory.OfNetwork(network), low);
  }
  const std::vector<Network> others =
      NetworksWithin(memory, {low, low}, {{.costs = macs, .most = band.high}}, score_lc, 40, 0);
  EXPECT_EQ(others.size(), 40u);
  for (const Network& network : others) {
    EXPECT_EQ(memory.OfNetwork(network), low);
    EXPECT_LE(macs.OfNetwork(network), band.high);
  }
}

}  // namespace
}  // namespace danas::test
