// search.pruning.effects pairs: the fit of candidates' and pairs' effects, and prunings by it.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "danas/core/random.h"
#include "danas/cost/band_count.h"
#include "danas/search/budget_band.h"
#include "danas/search/candidate_scores.h"
#include "danas/search/pruning_decision.h"
#include "tests/search/path_support.h"
#include "tests/search/space_support.h"

namespace danas {
namespace {

using test::DrawNetworks;
using test::LossPn;
using test::Networks;

// What is true of losses: effects of candidates and pairs, lower is better, and noise.
struct Truth {
  NetworkScores effects;
  double network_noise = 0.05;
  double image_noise = 0.3;  // of an image in all networks
  double both_noise = 0;     // of a network on an image

  LossPn Losses(const Networks& networks, size_t images, RandomStream& random) const {
    std::vector<double> image_n;
    for (size_t n = 0; n < images; ++n) image_n.push_back(image_noise * random.Normal());
    LossPn loss_pn;
    for (const std::vector<size_t>& network : networks) {
      const double of_network = 2 + effects.Total(network) + network_noise * random.Normal();
      loss_pn.emplace_back();
      for (const double image : image_n) {
        loss_pn.back().push_back(static_cast<float>(of_network + image + both_noise * random.Normal()));
      }
    }
    return loss_pn;
  }
};

// Of these deviations; pairs sum to zero over either candidate, mains over the layer.
Truth DrawTruth(const std::vector<size_t>& candidates_l, double of_mains, double of_pairs, RandomStream& random) {
  Truth truth;
  const auto centre = [](std::vector<double>& list) {
    double mean = 0;
    for (const double value : list) mean += value / static_cast<double>(list.size());
    for (double& value : list) value -= mean;
  };
  for (size_t l = 0; l < candidates_l.size(); ++l) {
    std::vector<double>& main_c = truth.effects.score_lc.emplace_back();
    for (size_t c = 0; c < candidates_l[l]; ++c) main_c.push_back(of_mains * random.Normal());
    centre(main_c);
    if (l + 1 == candidates_l.size()) continue;
    std::vector<std::vector<double>>& pair_cd = truth.effects.pair_lcd.emplace_back();
    std::vector<double> sum_d(candidates_l[l + 1], 0);
    for (size_t c = 0; c < candidates_l[l]; ++c) {
      std::vector<double>& pair_d = pair_cd.emplace_back();
      for (size_t d = 0; d < candidates_l[l + 1]; ++d) pair_d.push_back(of_pairs * random.Normal());
      centre(pair_d);
      for (size_t d = 0; d < pair_d.size(); ++d) sum_d[d] += pair_d[d] / static_cast<double>(candidates_l[l]);
    }
    for (std::vector<double>& pair_d : pair_cd) {
      for (size_t d = 0; d < pair_d.size(); ++d) pair_d[d] -= sum_d[d];
    }
  }
  return truth;
}

struct Moments {
  double sum = 0, squares = 0;
  int count = 0;
  void Add(double value) { sum += value, squares += value * value, ++count; }
  double mean() const { return sum / count; }
  double deviation() const { return std::sqrt(squares / count - mean() * mean()); }
};

TEST(PairEffects, ArePlantedOnesFound) {
  const std::vector<size_t> candidates_l = {3, 4, 2};
  RandomStream random(1, "pairs");
  const Truth truth = DrawTruth(candidates_l, 0.3, 0.2, random);
  const Networks networks = DrawNetworks(candidates_l, 150, random);
  const CandidateScores scores =
      ScoresOfPaths(candidates_l, networks, truth.Losses(networks, 20, random), PathEffects::kPairs);
  EXPECT_EQ(scores.kind, PruningScore::kPaths);
  ASSERT_EQ(scores.pair_lcd.size(), 2u);
  for (size_t l = 0; l < 3; ++l) {
    for (size_t c = 0; c < candidates_l[l]; ++c) {
      EXPECT_NEAR(scores.value_lc[l][c], -truth.effects.score_lc[l][c], 0.03) << l << " " << c;
    }
  }
  for (size_t l = 0; l < 2; ++l) {
    std::vector<double> sum_d(candidates_l[l + 1], 0);
    for (size_t c = 0; c < candidates_l[l]; ++c) {
      double sum = 0;
      for (size_t d = 0; d < candidates_l[l + 1]; ++d) {
        EXPECT_NEAR(scores.pair_lcd[l][c][d], -truth.effects.pair_lcd[l][c][d], 0.05) << l << " " << c << " " << d;
        sum += scores.pair_lcd[l][c][d];
        sum_d[d] += scores.pair_lcd[l][c][d];
      }
      EXPECT_NEAR(sum, 0, 1e-9);
    }
    for (const double sum : sum_d) EXPECT_NEAR(sum, 0, 1e-9);
  }
  EXPECT_GT(scores.pair_deviation, 0.05);
}

// Each pair against the additive fit: what it cannot say.
TEST(PairEffects, TellNetworksApartThatOnlyPairsDo) {
  const std::vector<size_t> candidates_l = {2, 2, 3};
  Truth truth{.effects = {.score_lc = {{0, 0}, {0, 0}, {0, 0, 0}},
                          .pair_lcd = {{{-0.2, 0.2}, {0.2, -0.2}}, {{0, 0, 0}, {0, 0, 0}}}}};
  RandomStream random(2, "pairs");
  const Networks networks = DrawNetworks(candidates_l, 80, random);
  const LossPn loss_pn = truth.Losses(networks, 20, random);
  const CandidateScores pairs = ScoresOfPaths(candidates_l, networks, loss_pn, PathEffects::kPairs);
  const CandidateScores mains = ScoresOfPaths(candidates_l, networks, loss_pn);
  EXPECT_GT(pairs.Z({0, 0, 1}, {0, 1, 1}), 10);
  EXPECT_LT(pairs.Z({0, 1, 1}, {0, 0, 1}), -10);
  EXPECT_LT(std::abs(pairs.z({{1, 0, 1}})), 3);  // over all neighbours neither is better
  EXPECT_LT(std::abs(mains.Z({0, 0, 1}, {0, 1, 1})), 3);
  EXPECT_TRUE(mains.pair_lcd.empty());
  EXPECT_EQ(mains.Z({0, 0, 1}, {0, 1, 1}), mains.z({{1, 0, 1}}));
  EXPECT_EQ(pairs.Z({0, 0, 1}, {0, 0, 1}), 0);
}

// More effects than networks: 45 and 256 of 90. Totals are nearer to the truth than those of main effects alone, where
// there are pairs, and hardly worse where there are none.
TEST(PairEffects, OfFewNetworksHelpOrDoNoHarm) {
  const std::vector<size_t> candidates_l(12, 5);
  for (const double of_pairs : {0.0, 0.1}) {
    Moments error_of_pairs, error_of_mains, deviation;
    for (uint64_t seed = 0; seed < 12; ++seed) {
      RandomStream random(seed, "few networks");
      const Truth truth = DrawTruth(candidates_l, 0.1, of_pairs, random);
      const Networks networks = DrawNetworks(candidates_l, 90, random), others = DrawNetworks(candidates_l, 40, random);
      const LossPn loss_pn = truth.Losses(networks, 10, random);
      for (const PathEffects effects : {PathEffects::kMain, PathEffects::kPairs}) {
        const CandidateScores scores = ScoresOfPaths(candidates_l, networks, loss_pn, effects);
        if (effects == PathEffects::kPairs) deviation.Add(scores.pair_deviation);
        const NetworkScores totals = scores.Totals();
        for (size_t n = 1; n < others.size(); ++n) {
          const double predicted = totals.Total(others[n]) - totals.Total(others[0]);
          const double true_difference = truth.effects.Total(others[0]) - truth.effects.Total(others[n]);
          (effects == PathEffects::kPairs ? error_of_pairs : error_of_mains).Add(predicted - true_difference);
        }
      }
    }
    if (of_pairs > 0) {
      EXPECT_LT(error_of_pairs.deviation(), 0.97 * error_of_mains.deviation());
      EXPECT_NEAR(deviation.mean(), of_pairs, 0.04);
    } else {
      EXPECT_LT(error_of_pairs.deviation(), 1.05 * error_of_mains.deviation());  // noise may look like some
      EXPECT_LT(deviation.mean(), 0.02);
    }
  }
}

// (prediction - truth) / error is standard normal, of main effects and of networks, whether pairs, networks or images
// make the noise.
TEST(SlowPairEffects, HaveHonestErrors) {
  const std::vector<size_t> candidates_l = {3, 2, 4, 3};
  struct Kind {
    double pairs, networks, both;
  };
  for (const Kind& kind : {Kind{0, 0.1, 0}, Kind{0.1, 0.05, 0}, Kind{0, 0.01, 0.5}, Kind{0.1, 0.01, 0.5}}) {
    Moments of_mains, of_networks;
    for (uint64_t seed = 0; seed < 150; ++seed) {
      RandomStream random(seed, "honest pairs");
      Truth truth = DrawTruth(candidates_l, 0.3, kind.pairs, random);
      truth.network_noise = kind.networks;
      truth.both_noise = kind.both;
      const Networks networks = DrawNetworks(candidates_l, 60, random), two = DrawNetworks(candidates_l, 2, random);
      const CandidateScores scores =
          ScoresOfPaths(candidates_l, networks, truth.Losses(networks, 40, random), PathEffects::kPairs);
      const auto standard = [&](double z, double predicted, double true_difference, Moments& moments) {
        if (z != 0) moments.Add((predicted - true_difference) / (predicted / z));
      };
      standard(scores.z({{2, 3, 1}}), scores.value_lc[2][3] - scores.value_lc[2][1],
               truth.effects.score_lc[2][1] - truth.effects.score_lc[2][3], of_mains);
      const NetworkScores totals = scores.Totals();
      standard(scores.Z(two[0], two[1]), totals.Total(two[0]) - totals.Total(two[1]),
               truth.effects.Total(two[1]) - truth.effects.Total(two[0]), of_networks);
    }
    const std::string what = std::to_string(kind.pairs) + " " + std::to_string(kind.both);
    EXPECT_GT(of_networks.count, 130);
    EXPECT_NEAR(of_mains.mean(), 0, 0.25) << what;
    EXPECT_NEAR(of_mains.deviation(), 1, 0.2) << what;
    EXPECT_NEAR(of_networks.deviation(), 1, 0.2) << what;
  }
}

TEST(PairEffects, KnowNothingOfWhatNoNetworkHas) {
  RandomStream random(3, "pairs");
  const Networks networks = DrawNetworks({2, 2}, 20, random);  // candidate 2 of layer 0 is in none
  const Truth truth{.effects = {.score_lc = {{-1, 1, 0}, {-1, 1}}}};
  const CandidateScores scores =
      ScoresOfPaths({3, 2}, networks, truth.Losses(networks, 10, random), PathEffects::kPairs);
  EXPECT_EQ(scores.z({{0, 0, 2}}), 0);
  EXPECT_EQ(scores.Z({0, 0}, {2, 0}), 0);
  EXPECT_GT(scores.z({{0, 0, 1}}), 5);
  EXPECT_GT(scores.Z({0, 0}, {1, 1}), 5);
}

TEST(PairEffects, OfTooFewNetworksAreNoEvidence) {
  RandomStream random(4, "pairs");
  const Networks networks = {{0, 0}, {1, 0}, {2, 0}, {0, 1}, {0, 2}};  // as many as a mean and four effects
  const Truth truth{.effects = {.score_lc = {{-1, 0, 1}, {-1, 0, 1}}}};
  const CandidateScores scores =
      ScoresOfPaths({3, 3}, networks, truth.Losses(networks, 10, random), PathEffects::kPairs);
  EXPECT_EQ(scores.RootMeanSquareZ(), 0);
  EXPECT_EQ(scores.Z({0, 0}, {2, 2}), 0);
}

// Prunings by the best network with each candidate, counted.
struct Case {
  SearchSpace space;
  CostTable costs;
  CandidateScores scores;
  SearchConfig config;
};

Case RandomCase(uint64_t seed) {
  RandomStream random(seed, "pair pruning");
  std::vector<size_t> counts;
  Case c{.space = test::SpaceWithCounts({1}),
         .costs = {.unit = "MACs", .fixed = 0, .candidates_lc = {}},
         .scores = {},
         .config = {}};
  c.scores.kind = PruningScore::kPaths;
  for (size_t l = 0; l < 3 + random.UniformInt(2); ++l) {
    counts.push_back(1 + random.UniformInt(4));
    c.costs.candidates_lc.emplace_back();
    c.scores.value_lc.emplace_back();
    for (size_t i = 0; i < counts.back(); ++i) {
      c.costs.candidates_lc.back().push_back(1.0 + static_cast<double>(random.UniformInt(30)));
      c.scores.value_lc.back().push_back(0.3 * random.Normal());
    }
  }
  for (size_t l = 0; l + 1 < counts.size(); ++l) {
    c.scores.pair_lcd.emplace_back(counts[l]);
    for (std::vector<double>& pair_d : c.scores.pair_lcd.back()) {
      for (size_t d = 0; d < counts[l + 1]; ++d) pair_d.push_back(random.Normal());
    }
  }
  const NetworkScores totals = c.scores.Totals();
  c.scores.z = [](const std::vector<Claim>&) { return 1.0; };
  c.scores.z_of_networks = [totals](const std::vector<size_t>& better, const std::vector<size_t>& worse) {
    return 3 * (totals.Total(better) - totals.Total(worse));
  };
  c.space = test::SpaceWithCounts(counts);
  const double middle = c.costs.Least() + random.Uniform(0.2, 0.8) * (c.costs.Most() - c.costs.Least());
  c.config.budget_min.value = std::max(1.0, 0.85 * middle);
  c.config.budget.value = c.config.budget_max.value = 1.15 * middle;
  c.config.pruning.budget = PruningBudget::kAware;
  c.config.pruning.score = PruningScore::kPaths;
  c.config.pruning.ratio = random.Uniform(0.2, 0.7);
  return c;
}

double Best(const Networks& networks, const NetworkScores& totals, size_t layer, size_t candidate) {
  double best = -std::numeric_limits<double>::infinity();
  for (const std::vector<size_t>& network : networks) {
    if (network[layer] == candidate) best = std::max(best, totals.Total(network));
  }
  return best;
}

LayerCandidates PruneByCounting(const Case& c, Networks networks) {
  const NetworkScores totals = c.scores.Totals();
  const std::vector<size_t> best =
      *std::ranges::max_element(networks, {}, [&](const auto& network) { return totals.Total(network); });
  std::map<size_t, size_t> left = CountsToDrop(
      RankGroups(c.space, c.scores.value_lc, PruningGranularity::kPair, PruningScore::kPaths), c.config.pruning);
  LayerCandidates dropped;
  while (true) {
    std::optional<std::pair<size_t, size_t>> weakest;
    double lowest = 0;
    for (size_t l = 0; l < best.size(); ++l) {
      for (size_t i = 0; i < c.costs.candidates_lc[l].size(); ++i) {
        if (left[l] == 0 || i == best[l] || dropped[l].contains(i)) continue;
        const double with = Best(networks, totals, l, i);
        const bool equal = with == lowest || std::abs(with - lowest) < 1e-8;
        // Among equals the higher index goes.
        if (weakest && !(equal ? i > weakest->second : with < lowest)) continue;
        weakest = {l, i};
        lowest = with;
      }
    }
    if (!weakest) break;
    const auto [layer, candidate] = *weakest;
    --left[layer];
    dropped[layer].insert(candidate);
    std::erase_if(networks, [&, l = layer, i = candidate](const auto& network) { return network[l] == i; });
  }
  std::erase_if(dropped, [](const auto& of_layer) { return of_layer.second.empty(); });
  return dropped;
}

TEST(PairEffects, DecidePruningsAsAllNetworksCounted) {
  int compared = 0, others = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Case c = RandomCase(seed);
    const Networks networks = AllNetworks(c.costs, BandOf(c.config), 1'000'000);
    if (networks.empty()) continue;
    const Pruning pruning = DecidePruning(c.space, c.scores, c.costs, c.config);
    EXPECT_EQ(pruning.dropped, PruneByCounting(c, networks)) << seed;
    const NetworkScores totals = c.scores.Totals();
    for (const LayerCut& cut : pruning.cuts) {
      if (!cut.total_gap) continue;
      EXPECT_NEAR(*cut.z, 3 * *cut.total_gap, 1e-6) << seed;  // of the same two networks, pairs and all
    }
    Case mains = c;
    mains.scores.pair_lcd.clear();
    mains.scores.z_of_networks = {};
    others += DecidePruning(mains.space, mains.scores, mains.costs, mains.config).dropped == pruning.dropped ? 0 : 1;
    ++compared;
  }
  EXPECT_GT(compared, 100);
  EXPECT_GT(others, 30);
}

// Blind, the best network within the budget with its pairs is kept.
TEST(PairEffects, KeepTheBestNetworkWithinTheBudget) {
  const CostTable costs{"MACs", 0, {{1, 9}, {1, 2, 9}}};
  LayerCandidates dropped = {{0, {0}}, {1, {0, 1}}};
  const NetworkScores scores{.score_lc = {{0, 1}, {1, 0, 2}}, .pair_lcd = {{{-3, 3, 0}, {0, 0, 0}}}};
  EXPECT_EQ(KeepWithinBudget(dropped, costs, scores, 4), (LayerCandidates{{0, {0}}, {1, {1}}}));
  LayerCandidates without_pairs = {{0, {0}}, {1, {0, 1}}};
  EXPECT_EQ(KeepWithinBudget(without_pairs, costs, {.score_lc = scores.score_lc}, 4),
            (LayerCandidates{{0, {0}}, {1, {0}}}));
}

}  // namespace
}  // namespace danas
