#include "danas/search/pruning_decision.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "danas/core/error.h"
#include "danas/core/random.h"
#include "danas/core/softmax.h"
#include "danas/cost/band_count.h"
#include "danas/search/arch_parameters.h"
#include "danas/search/budget_band.h"
#include "tests/search/space_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using ScoreLc = std::vector<std::vector<double>>;

// A search whose spaces' costs are made up, so that bands can be planted.
struct Case {
  SearchSpace space;
  CostTable costs;
  ScoreLc alpha_lc;
  GradientTrace evidence;
  SearchConfig config;

  Pruning Decide() const { return DecidePruning(space, ScoresOfAlpha(alpha_lc, evidence), costs, config); }
};

Case MakeCase(const std::vector<std::vector<double>>& cost_lc, const ScoreLc& alpha_lc, const CostBand& band) {
  std::vector<size_t> counts;
  for (const std::vector<double>& cost_c : cost_lc) counts.push_back(cost_c.size());
  Case c{.space = test::SpaceWithCounts(counts),
         .costs = {.unit = "MACs", .fixed = 0, .candidates_lc = cost_lc},
         .alpha_lc = alpha_lc,
         .evidence = {},
         .config = {}};
  c.config.budget_min.value = band.low;
  c.config.budget.value = band.high;
  c.config.budget_max.value = band.high;
  return c;
}

// `counts` candidates, costs of 1 to 30 and a band of a few of the networks.
Case RandomCase(uint64_t seed) {
  RandomStream random(seed, "pruning case");
  std::vector<std::vector<double>> cost_lc;
  ScoreLc alpha_lc;
  for (size_t l = 0; l < 3 + random.UniformInt(2); ++l) {
    cost_lc.emplace_back();
    alpha_lc.emplace_back();
    for (size_t c = 0; c < 1 + random.UniformInt(5); ++c) {
      cost_lc.back().push_back(1.0 + static_cast<double>(random.UniformInt(30)));
      alpha_lc.back().push_back(random.Normal());
    }
  }
  double least = 0, most = 0;
  for (const std::vector<double>& cost_c : cost_lc) {
    const auto [low, high] = std::ranges::minmax(cost_c);
    least += low;
    most += high;
  }
  const double middle = least + random.Uniform(0.2, 0.8) * (most - least);
  Case c = MakeCase(cost_lc, alpha_lc, {std::max(1.0, 0.9 * middle), 1.1 * middle});
  c.config.pruning.ratio = random.Uniform(0.2, 0.7);
  for (int step = 0; step < 12; ++step) {
    ScoreLc gradient_lc = alpha_lc;
    for (std::vector<double>& gradient_c : gradient_lc) {
      for (double& g : gradient_c) g = random.Normal() - 0.3 * g;
    }
    c.evidence.Record(gradient_lc);
  }
  return c;
}

// To 2^-32, so that totals are equal where networks are.
ScoreLc LogProbabilities(const ScoreLc& alpha_lc) {
  ScoreLc score_lc;
  for (const std::vector<double>& alpha_c : alpha_lc) {
    score_lc.push_back(LogSoftmax(alpha_c));
    for (double& score : score_lc.back()) score = std::ldexp(std::round(std::ldexp(score, 32)), -32);
  }
  return score_lc;
}

bool Holds(const LayerCandidates& candidates, size_t layer, size_t candidate) {
  return candidates.contains(layer) && candidates.at(layer).contains(candidate);
}

// Every network of the band that has no dropped candidate.
std::vector<std::vector<size_t>> NetworksLeft(const Case& c, const LayerCandidates& dropped) {
  std::vector<std::vector<size_t>> left;
  for (const std::vector<size_t>& network : AllNetworks(c.costs, BandOf(c.config), 1'000'000)) {
    bool stays = true;
    for (size_t l = 0; l < network.size(); ++l) stays = stays && !Holds(dropped, l, network[l]);
    if (stays) left.push_back(network);
  }
  return left;
}

double Score(const std::vector<size_t>& network, const ScoreLc& score_lc) {
  double score = 0;
  for (size_t l = 0; l < network.size(); ++l) score += score_lc[l][network[l]];
  return score;
}

// The rule of budget aware by counting all networks: pairs, a share of each layer.
struct BruteForce {
  LayerCandidates dropped, kept;
};
BruteForce PruneByCounting(const Case& c) {
  const ScoreLc score_lc = LogProbabilities(c.alpha_lc);
  const auto best_with = [&](const std::vector<std::vector<size_t>>& networks, size_t l, size_t candidate) {
    double best = -std::numeric_limits<double>::infinity();
    for (const auto& network : networks) {
      if (network[l] == candidate) best = std::max(best, Score(network, score_lc));
    }
    return best;
  };
  BruteForce result;
  std::vector<std::vector<size_t>> networks = NetworksLeft(c, {});
  const std::vector<size_t> best =
      *std::ranges::max_element(networks, {}, [&](const auto& network) { return Score(network, score_lc); });
  std::map<size_t, size_t> left =
      CountsToDrop(RankGroups(c.space, c.alpha_lc, PruningGranularity::kPair), c.config.pruning);
  while (true) {
    double lowest = std::numeric_limits<double>::infinity();
    size_t layer = 0, candidate = 0;
    bool found = false;
    for (size_t l = 0; l < score_lc.size(); ++l) {
      if (score_lc[l].size() < 2 || left[l] == 0) continue;
      for (size_t i = score_lc[l].size(); i-- > 0;) {
        if (i == best[l] || Holds(result.dropped, l, i) || Holds(result.kept, l, i)) continue;
        const double rank = best_with(networks, l, i);
        // Among equals the higher index goes.
        const bool lower = rank < lowest || (rank == lowest && found && i > candidate);
        if (found && !lower) continue;
        found = true;
        lowest = rank, layer = l, candidate = i;
      }
    }
    if (!found) return result;
    --left[layer];
    LayerCandidates with = result.dropped;
    with[layer].insert(candidate);
    const auto after = NetworksLeft(c, with);
    if (std::isfinite(lowest) && std::ssize(after) < c.config.pruning.least_networks) {
      result.kept[layer].insert(candidate);
    } else {
      result.dropped = with;
      networks = after;
    }
  }
}

TEST(DecidePruning, BlindDropsWhatTheRankingSaysAndKeepsWithinTheBudget) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const Case c = RandomCase(seed);
    LayerCandidates dropped = ChooseWeakest(c.space, c.alpha_lc, c.config.pruning);
    const LayerCandidates kept =
        KeepWithinBudget(dropped, c.costs, {.score_lc = LogProbabilities(c.alpha_lc)}, LargestCost(c.config));
    const Pruning pruning = c.Decide();
    EXPECT_EQ(pruning.dropped, dropped) << seed;
    EXPECT_EQ(pruning.kept_for_budget, kept) << seed;
    EXPECT_TRUE(pruning.put_off.empty());
    EXPECT_EQ(pruning.networks_in_band, static_cast<double>(NetworksLeft(c, dropped).size())) << seed;
  }
}

TEST(DecidePruning, TellsOfEachCutTheGapAndTheEvidence) {
  Case c = MakeCase({{1, 1, 1, 1, 1}, {1, 1}}, {{0.4, 0.1, 0.3, -1, 0.2}, {0, 1}}, {1, 10});
  // Layer 0: candidate 4 stays, 1 goes; the gradients speak for 1. Layer 1: 1 stays, and the gradients speak for it.
  for (const double noise : {0.5, -0.5, 0.25, -0.25}) {
    c.evidence.Record({{0, -1 + noise, 0, 0, 0}, {2 + noise, 0}});
  }
  const Pruning pruning = c.Decide();
  ASSERT_EQ(pruning.cuts.size(), 2u);
  const LayerCut &first = pruning.cuts[0], &second = pruning.cuts[1];
  EXPECT_EQ(first.last_kept, 4u);
  EXPECT_EQ(first.first_dropped, 1u);
  EXPECT_DOUBLE_EQ(first.gap, 0.1);
  const double squares = 2 * (0.25 + 0.0625);
  EXPECT_DOUBLE_EQ(first.z.value(), -4 / std::sqrt(4 + squares));
  EXPECT_TRUE(first.conflict);
  EXPECT_FALSE(first.clear());
  EXPECT_DOUBLE_EQ(second.gap, 1);
  EXPECT_DOUBLE_EQ(second.z.value(), 8 / std::sqrt(16 + squares));
  EXPECT_FALSE(second.conflict);
  EXPECT_FALSE(second.clear());  // four steps reach 2 at the most
}

TEST(DecidePruning, WithoutStepsThereIsNoEvidence) {
  const Case c = MakeCase({{1, 1, 1, 1, 1}}, {{1, 2, 3, 4, 5}}, {1, 10});
  const Pruning pruning = c.Decide();
  EXPECT_EQ(pruning.cuts.at(0).z, 0);
  EXPECT_FALSE(pruning.cuts.at(0).clear());
  EXPECT_FALSE(pruning.cuts.at(0).conflict);
}

TEST(DecidePruning, WhatStaysForTheBudgetIsNoPartOfTheCut) {
  // By α the two cheap candidates go; without one of them nothing costs at most 3.
  const Case c = MakeCase({{1, 2, 9, 9, 9}}, {{-1, -2, 0, 1, 2}}, {1, 3});
  const Pruning pruning = c.Decide();
  EXPECT_EQ(pruning.kept_for_budget, (LayerCandidates{{0, {0}}}));
  EXPECT_EQ(pruning.dropped, (LayerCandidates{{0, {1}}}));
  EXPECT_EQ(pruning.cuts.at(0).last_kept, 2u);
  EXPECT_EQ(pruning.cuts.at(0).first_dropped, 1u);
  EXPECT_DOUBLE_EQ(pruning.cuts.at(0).gap, 2);
  EXPECT_EQ(pruning.networks_in_band, 1);
}

TEST(DecidePruning, OfBlocksTheStrongestStandsForAll) {
  std::vector<BlockSpec> blocks;
  for (const double expand : {1.0, 3.0, 6.0}) {
    for (const int kernel : {3, 5}) blocks.push_back({.op = {.kernel = kernel}, .expand = expand});
  }
  Case c = MakeCase({{1, 1, 1, 1, 1, 1}}, {{0.0, 0.1, 2.0, -1.0, 1.0, 1.5}}, {1, 10});
  c.space = test::MakeSpace({blocks});
  c.config.pruning.granularity = PruningGranularity::kBlock;
  const Pruning pruning = c.Decide();
  EXPECT_EQ(pruning.dropped, (LayerCandidates{{0, {0, 1}}}));
  EXPECT_EQ(pruning.cuts.at(0).last_kept, 5u);  // e6, together less likely than e3
  EXPECT_EQ(pruning.cuts.at(0).first_dropped, 1u);
  EXPECT_DOUBLE_EQ(pruning.cuts.at(0).gap, 1.4);
}

// Two of five go, of which the evidence is against one alone.
Case HalfSure() {
  Case c = MakeCase({{1, 1, 1, 1, 1}, {1, 1, 1}}, {{5, 4, 3, 2, 1}, {2, 1, 0}}, {1, 10});
  c.config.pruning.certain = 2;
  for (int i = 0; i < 25; ++i) {
    const double noise = i % 2 == 0 ? 1 : -1;
    c.evidence.Record({{0, 0, 0, noise, 3 + noise}, {0, noise, noise}});
  }
  return c;
}

TEST(DecidePruning, CutsWithoutEvidenceArePutOff) {
  Case c = HalfSure();
  Pruning pruning = c.Decide();
  EXPECT_EQ(pruning.dropped, (LayerCandidates{{0, {4}}}));
  EXPECT_EQ(pruning.put_off, (LayerCandidates{{0, {3}}, {1, {2}}}));
  ASSERT_EQ(pruning.cuts.size(), 1u);
  EXPECT_EQ(pruning.cuts[0].last_kept, 2u);  // not 3, which stays for want of evidence
  EXPECT_GE(pruning.cuts[0].z.value(), 2);
  c.config.pruning.certain = 6;  // more than 25 steps can show
  EXPECT_EQ(c.Decide().put_off, (LayerCandidates{{0, {3, 4}}, {1, {2}}}));
  EXPECT_TRUE(c.Decide().dropped.empty());
  c.config.pruning.certain = 0;
  EXPECT_EQ(c.Decide().dropped, (LayerCandidates{{0, {3, 4}}, {1, {2}}}));
}

TEST(DecidePruning, ConflictsArePutOffHoweverStrong) {
  Case c = MakeCase({{1, 1, 1}}, {{2, 1, 0}}, {1, 10});
  c.config.pruning.certain = 0.1;
  for (int i = 0; i < 25; ++i) c.evidence.Record({{0, 0, -1}});
  EXPECT_EQ(c.Decide().put_off, (LayerCandidates{{0, {2}}}));
}

TEST(DecidePruning, PutOffOnceIsCutWhereTheEvidenceComes) {
  Case c = HalfSure();
  for (int i = 0; i < 400; ++i) c.evidence.Record({{0, 0, 0, 0.5, 3}, {0, 0, 0.5}});
  EXPECT_EQ(c.Decide().dropped, (LayerCandidates{{0, {3, 4}}, {1, {2}}}));
}

TEST(DecidePruning, AwareIsThatOfAllNetworksCounted) {
  int refused = 0, others = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Case c = RandomCase(seed);
    c.config.pruning.budget = PruningBudget::kAware;
    if (NetworksLeft(c, {}).empty()) continue;
    c.config.pruning.least_networks = seed % 3 == 0 ? 1 : 2 + static_cast<int64_t>(seed % 7);
    const Pruning pruning = c.Decide();
    const BruteForce expected = PruneByCounting(c);
    EXPECT_EQ(pruning.dropped, expected.dropped) << seed;
    EXPECT_EQ(pruning.kept_for_budget, expected.kept) << seed;
    const auto before = NetworksLeft(c, {}), after = NetworksLeft(c, pruning.dropped);
    EXPECT_EQ(pruning.networks_in_band, static_cast<double>(after.size())) << seed;
    EXPECT_GE(std::ssize(after), std::min<int64_t>(std::ssize(before), c.config.pruning.least_networks)) << seed;
    refused += pruning.kept_for_budget.empty() ? 0 : 1;
    others += pruning.dropped == ChooseWeakest(c.space, c.alpha_lc, c.config.pruning) ? 0 : 1;
  }
  EXPECT_GT(refused, 20);
  EXPECT_GT(others, 100);
}

TEST(DecidePruning, AwareKeepsTheBestNetworkOfTheBandUntilItIsAlone) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Case c = RandomCase(seed);
    c.config.pruning.budget = PruningBudget::kAware;
    c.config.pruning.ratio = 0.99;
    c.config.pruning.rounding = PruningRounding::kUp;
    if (NetworksLeft(c, {}).empty()) continue;
    const ScoreLc score_lc = LogProbabilities(c.alpha_lc);
    const auto all = NetworksLeft(c, {});
    const auto best = *std::ranges::max_element(all, {}, [&](const auto& network) { return Score(network, score_lc); });
    EXPECT_EQ(NetworksLeft(c, c.Decide().dropped), (std::vector<std::vector<size_t>>{best})) << seed;
  }
}

TEST(DecidePruning, AwareFindsAPlantedBandThatBlindPruningLoses) {
  // α likes the cheap and the dear; only what pairs the two middle ones costs 10.
  const std::vector<std::vector<double>> cost_lc = {{1, 5, 20}, {1, 5, 20}};
  Case c = MakeCase(cost_lc, {{1, -3, 0.5}, {1, -3, 0.5}}, {9, 11});
  const Pruning blind = c.Decide();
  EXPECT_EQ(blind.networks_in_band, 0);
  c.config.pruning.budget = PruningBudget::kAware;
  const Pruning aware = c.Decide();
  EXPECT_EQ(aware.networks_in_band, 1);
  EXPECT_EQ(aware.dropped, (LayerCandidates{{0, {2}}, {1, {2}}}));
  for (const LayerCut& cut : aware.cuts) {
    EXPECT_EQ(cut.last_kept, 1u);
    EXPECT_FALSE(cut.z.has_value());  // nothing in the band has the dear ones: no evidence is needed
    EXPECT_FALSE(cut.total_gap.has_value());
    EXPECT_TRUE(cut.clear());
    EXPECT_DOUBLE_EQ(cut.gap, -3.5);
  }
  c.config.pruning.certain = 100;
  EXPECT_EQ(c.Decide().dropped, aware.dropped);
}

TEST(DecidePruning, AwareComparesTheBestNetworksWithOneAndWithTheOther) {
  // In the band of 6: (0, 2), (1, 1), (2, 0). One of three goes in each layer.
  Case c = MakeCase({{1, 3, 5}, {1, 3, 5}}, {{3, 2, 0}, {0, 2, 3}}, {6, 6});
  c.config.pruning.budget = PruningBudget::kAware;
  for (int i = 0; i < 16; ++i) c.evidence.Record({{0, 1, 2}, {2, 1.5, 0}});
  const Pruning pruning = c.Decide();
  EXPECT_EQ(pruning.dropped, (LayerCandidates{{0, {2}}, {1, {0}}}));
  EXPECT_EQ(pruning.networks_in_band, 2);
  ASSERT_EQ(pruning.cuts.size(), 2u);
  const LayerCut& cut = pruning.cuts[0];
  EXPECT_EQ(cut.last_kept, 1u);  // (1, 1), the worse of what is left, against (2, 0)
  EXPECT_EQ(cut.first_dropped, 2u);
  EXPECT_DOUBLE_EQ(cut.gap, 2);
  EXPECT_DOUBLE_EQ(cut.total_gap.value(), 4);
  EXPECT_DOUBLE_EQ(cut.z.value(), 16 * (1 + 0.5) / std::sqrt(16 * (1 + 0.25)));
  EXPECT_FALSE(cut.conflict);
}

TEST(DecidePruning, AwareNeedsABandWithNetworks) {
  Case c = MakeCase({{1, 3}, {1, 3}}, {{0, 1}, {0, 1}}, {5, 5.5});
  c.config.pruning.budget = PruningBudget::kAware;
  test::ExpectErrorContains<ConfigError>([&] { c.Decide(); }, {"no network"});
}

TEST(MoreClearThanNoise, ComparesWithTheBinomialTail) {
  EXPECT_FALSE(MoreClearThanNoise(0, 0));
  EXPECT_FALSE(MoreClearThanNoise(0, 20));
  EXPECT_TRUE(MoreClearThanNoise(1, 1));    // 0.0455
  EXPECT_FALSE(MoreClearThanNoise(1, 2));   // 0.089
  EXPECT_TRUE(MoreClearThanNoise(2, 5));    // 0.018
  EXPECT_FALSE(MoreClearThanNoise(3, 20));  // 0.06
  EXPECT_TRUE(MoreClearThanNoise(4, 20));   // 0.012
  EXPECT_TRUE(MoreClearThanNoise(20, 20));
}

}  // namespace
}  // namespace danas
