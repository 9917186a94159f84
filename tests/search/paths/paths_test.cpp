#include "danas/search/paths/paths.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "danas/core/error.h"
#include "danas/cost/even_weights.h"
#include "danas/search/budget_band.h"
#include "tests/cost/cost_support.h"
#include "tests/search/space_support.h"
#include "tests/support/test_support.h"
#include "tests/support/torch_support.h"

namespace danas {
namespace {

// [layer][candidate]: how often.
using Counts = std::vector<std::vector<int>>;

// Of each network, how likely it is.
using Distribution = std::map<std::vector<size_t>, double>;

SearchConfig ConfigOf(WeightPathKind kind, double budget, bool band = true) {
  SearchConfig config;
  config.paths = kind;
  config.paths_band = band;
  config.budget.value = budget;
  return config;
}

// A band of its own.
SearchConfig Within(WeightPathKind kind, const CostBand& band) {
  SearchConfig config = ConfigOf(kind, 0.5 * (band.low + band.high));
  config.budget_min.value = band.low;
  config.budget_max.value = band.high;
  return config;
}

ArchParameters AlphaOf(const std::vector<std::vector<double>>& alpha_lc, at::ScalarType type = at::kDouble) {
  std::vector<size_t> counts;
  for (const std::vector<double>& alpha_c : alpha_lc) counts.push_back(alpha_c.size());
  ArchParameters alpha(test::SpaceWithCounts(counts), type);
  const at::NoGradGuard no_gradient;
  for (size_t l = 0; l < alpha_lc.size(); ++l) alpha.all()[l].copy_(at::tensor(alpha_lc[l], at::kDouble));
  return alpha;
}

// The single paths of a step, which are also what it computes. `alpha`: where the kind asks for one.
PathGroup GroupOf(const Paths& paths, const DrawNumber& number,
                  const ArchParameters& alpha = ArchParameters(test::SpaceWithCounts({1}))) {
  const WeightDraw draw = paths.Draw(number, alpha, {}, at::kCPU);
  EXPECT_EQ(draw.forwards.size(), draw.group.value().paths.size());
  for (size_t i = 0; i < draw.forwards.size(); ++i) {
    for (size_t l = 0; l < draw.forwards[i].size(); ++l) {
      EXPECT_EQ(draw.forwards[i][l].path, draw.group->paths[i][l]);
      EXPECT_FALSE(draw.forwards[i][l].probability_c.defined());
    }
  }
  return *draw.group;
}

// Every network of the band, each as likely.
Distribution Uniform(const CostTable& costs, const CostBand& band) {
  Distribution likely;
  test::ForEachNetwork(costs, [&](const std::vector<size_t>& path) {
    if (band.Holds(costs.OfNetwork(path))) likely[path] = 1;
  });
  for (auto& [path, probability] : likely) probability /= static_cast<double>(likely.size());
  return likely;
}

// Chi-square of the first path of each draw against the distribution, as a number of standard deviations; paths that
// are drawn less than five times are counted together. Seeds are fixed, and three are rare.
double Deviation(const Paths& paths, const Distribution& expected, int draws,
                 const ArchParameters& alpha = ArchParameters(test::SpaceWithCounts({1}))) {
  std::map<std::vector<size_t>, int> count;
  for (int64_t draw = 0; draw < draws; ++draw) ++count[GroupOf(paths, {.seed = 1, .draw = draw}, alpha).paths[0]];
  for (const auto& [path, n] : count) {
    EXPECT_TRUE(expected.contains(path)) << testing::PrintToString(path) << " is none of the expected paths";
  }
  double chi = 0, freedom = -1, rare = 0, drawn_rare = 0;
  const auto compare = [&](double actual, double wanted) {
    chi += (actual - wanted) * (actual - wanted) / wanted;
    ++freedom;
  };
  for (const auto& [path, probability] : expected) {
    if (draws * probability >= 5) {
      compare(count[path], draws * probability);
    } else {
      rare += draws * probability;
      drawn_rare += count[path];
    }
  }
  if (rare >= 5) compare(drawn_rare, rare);
  EXPECT_LE(drawn_rare, rare + 20);
  EXPECT_GE(freedom, 3);
  return (chi - freedom) / std::sqrt(2 * freedom);
}

// Ten layers of 4, 3 and 2 candidates, whose costs differ.
CostTable TenLayers() {
  RandomStream random(5, "costs");
  return test::MakeTable({4, 4, 3, 4, 2, 4, 4, 3, 4, 4}, 200,
                         [&] { return 5 * static_cast<double>(1 + random.UniformInt(40)); });
}

Counts CountOf(const CostTable& costs, const std::vector<std::vector<size_t>>& paths) {
  Counts count_lc;
  for (const auto& cost_c : costs.candidates_lc) count_lc.emplace_back(cost_c.size(), 0);
  for (const auto& path : paths) {
    for (size_t l = 0; l < path.size(); ++l) ++count_lc[l].at(path[l]);
  }
  return count_lc;
}

void ExpectStrictlyFair(const CostTable& costs, const PathGroup& group) {
  for (const std::vector<int>& count_c : CountOf(costs, group.paths)) {
    const auto [least, most] = std::ranges::minmax(count_c);
    EXPECT_LE(most - least, static_cast<int>(group.paths.size() % count_c.size() == 0 ? 0 : 1));
  }
}

// 3 to 4 candidates in three layers.
CostTable ThreeLayers() {
  RandomStream random(2, "costs");
  return test::MakeTable({3, 4, 3}, 50, [&] { return static_cast<double>(1 + random.UniformInt(50)); });
}

TEST(UniformPaths, AreNetworksOfTheBandEachAsOften) {
  const CostTable costs = ThreeLayers();
  const SearchConfig config = ConfigOf(WeightPathKind::kUniform, costs.Mean());
  const Distribution of_band = Uniform(costs, BandOf(config));
  ASSERT_GT(of_band.size(), 3u);
  const auto paths = MakePaths(config, costs);
  EXPECT_EQ(GroupOf(*paths, {}).paths.size(), 1u);
  EXPECT_LT(std::abs(Deviation(*paths, of_band, 4000)), 3);
}

TEST(UniformPaths, WithoutTheBandAreAnyNetworkEachAsOften) {
  const CostTable costs = ThreeLayers();
  const auto paths = MakePaths(ConfigOf(WeightPathKind::kUniform, 1, false), costs);
  EXPECT_LT(std::abs(Deviation(*paths, Uniform(costs, {0, 1e9}), 4000)), 3);
}

// Each path of a strictly fair group is, by itself, any network.
TEST(FairPaths, AreAnyNetworkEachAsOften) {
  const CostTable costs = ThreeLayers();
  const auto paths = MakePaths(ConfigOf(WeightPathKind::kFair, 1, false), costs);
  EXPECT_LT(std::abs(Deviation(*paths, Uniform(costs, {0, 1e9}), 4000)), 3);
}

TEST(FairPaths, OneByOneAreWeightedByTheirCandidates) {
  const CostTable costs = ThreeLayers();
  const SearchConfig config = Within(WeightPathKind::kFair, {0.6 * costs.Mean(), 0.9 * costs.Mean()});
  const std::vector<std::vector<double>> weight_lc = EvenWeights(costs, BandOf(config));
  Distribution weighted = Uniform(costs, BandOf(config));
  double sum = 0;
  for (auto& [path, probability] : weighted) {
    probability = 1;
    for (size_t l = 0; l < path.size(); ++l) probability *= weight_lc[l][path[l]];
    sum += probability;
  }
  for (auto& [path, probability] : weighted) probability /= sum;
  ASSERT_GT(weighted.size(), 5u);
  const auto paths = MakePaths(config, costs);
  ASSERT_FALSE(paths->may_be_strict());
  EXPECT_LT(std::abs(Deviation(*paths, weighted, 4000)), 3);
  EXPECT_GT(Deviation(*paths, Uniform(costs, BandOf(config)), 4000), 50);
}

// Seven ranges of costs, those with networks equally likely, and in each its networks.
Distribution Binned(const CostTable& costs, const CostBand& band) {
  Distribution likely;
  std::vector<Distribution> bins;
  for (int i = 0; i < 7; ++i) {
    const double low = band.low + (band.high - band.low) * i / 7,
                 high = band.low + (band.high - band.low) * (i + 1) / 7;
    if (Distribution in_bin = Uniform(costs, {low, high}); !in_bin.empty()) bins.push_back(std::move(in_bin));
  }
  for (const Distribution& in_bin : bins) {
    for (const auto& [path, probability] : in_bin) likely[path] += probability / static_cast<double>(bins.size());
  }
  return likely;
}

TEST(BinnedPaths, AreUniformOverBinsAndWithinABin) {
  const CostTable costs = TenLayers();
  CostTable few = costs;
  few.candidates_lc.resize(4);
  const CostBand band{few.Least() + 30, few.Most() - 20};
  const Distribution binned = Binned(few, band);
  ASSERT_GT(binned.size(), 100u);
  const auto paths = MakePaths(Within(WeightPathKind::kBinned, band), few);
  EXPECT_LT(std::abs(Deviation(*paths, binned, 20000)), 3);
  EXPECT_GT(Deviation(*MakePaths(Within(WeightPathKind::kUniform, band), few), binned, 20000), 50);
}

// Three networks in the first of seven bins, none in the next five, one in the last. A band that reaches further than
// the networks is cut where they are.
TEST(BinnedPaths, LeaveOutEmptyBins) {
  const CostTable costs{"MACs", 1, {{0, 1, 2, 100}}};
  const Distribution expected = {{{0}, 1.0 / 6}, {{1}, 1.0 / 6}, {{2}, 1.0 / 6}, {{3}, 0.5}};
  const auto any = MakePaths(ConfigOf(WeightPathKind::kBinned, 50, false), costs);
  const auto within = MakePaths(Within(WeightPathKind::kBinned, {0.001, 1e6}), costs);
  EXPECT_LT(std::abs(Deviation(*any, expected, 4000)), 3);
  EXPECT_LT(std::abs(Deviation(*within, expected, 4000)), 3);
  EXPECT_THAT(any->Probabilities().at(0),
              testing::Pointwise(testing::DoubleNear(1e-12), {1.0 / 6, 1.0 / 6, 1.0 / 6, 0.5}));
  EXPECT_EQ(within->Probabilities(), any->Probabilities());
}

// Costs that are no whole numbers are not counted in exact steps.
TEST(BinnedPaths, NeverLeaveTheBand) {
  RandomStream random(8, "costs");
  for (const bool whole : {true, false}) {
    const CostTable costs = test::MakeTable(std::vector<size_t>(12, 4), 0.3, [&] {
      return whole ? static_cast<double>(random.UniformInt(100)) : random.Uniform(0, 100);
    });
    const CostBand band{0.6 * costs.Mean(), 0.75 * costs.Mean()};
    const auto paths = MakePaths(Within(WeightPathKind::kBinned, band), costs);
    std::vector<int> in_bin(7, 0);
    constexpr int kDraws = 2100;
    for (int64_t draw = 0; draw < kDraws; ++draw) {
      const double cost = costs.OfNetwork(GroupOf(*paths, {.draw = draw}).paths[0]);
      ASSERT_TRUE(band.Holds(cost)) << cost;
      ++in_bin[std::min<size_t>(6, static_cast<size_t>(7 * (cost - band.low) / (band.high - band.low)))];
    }
    // Each a seventh, ± 4 deviations of √(2100 · 1/7 · 6/7). Uniform over networks, the last would have most.
    for (const int count : in_bin) EXPECT_NEAR(count, kDraws / 7, 64);
  }
}

TEST(BinarisedPaths, FollowSoftmaxOfAlpha) {
  const std::vector<std::vector<double>> alpha_lc = {{2, 0, -1}, {7}, {-0.5, 1.5, 0.5, 0}};
  const ArchParameters alpha = AlphaOf(alpha_lc);
  const CostTable costs{"MACs", 5, {{1, 2, 3}, {1}, {1, 2, 3, 4}}};
  Distribution expected;
  test::ForEachNetwork(costs, [&](const std::vector<size_t>& path) {
    double& probability = expected[path] = 1;
    for (size_t l = 0; l < path.size(); ++l) {
      double sum = 0;
      for (const double a : alpha_lc[l]) sum += std::exp(a);
      probability *= std::exp(alpha_lc[l][path[l]]) / sum;
    }
  });
  // The band of 1 MAC holds no network: nothing keeps it.
  const auto paths = MakePaths(ConfigOf(WeightPathKind::kBinarised, 1), costs);
  EXPECT_LT(std::abs(Deviation(*paths, expected, 20000, alpha)), 3);
}

TEST(BinarisedPaths, NeverTakeWhatHasNoProbability) {
  const ArchParameters alpha = AlphaOf({{-1e4, 0}, {0, -1e4}});
  const auto paths = MakePaths(ConfigOf(WeightPathKind::kBinarised, 1), CostTable{"MACs", 5, {{1, 2}, {1, 2}}});
  for (int64_t draw = 0; draw < 100; ++draw) {
    EXPECT_EQ(GroupOf(*paths, {.draw = draw}, alpha).paths[0], (std::vector<size_t>{1, 0}));
  }
}

TEST(SoftmaxPaths, MixBySoftmaxOfAlphaAndDrawNothing) {
  ArchParameters alpha = AlphaOf({{2, 0, -1}, {7}, {-0.5, 1.5, 0.5, 0}});
  alpha.RequireGradient(true);
  const CostTable costs{"MACs", 5, {{1, 2, 3}, {1}, {1, 2, 3, 4}}};
  const auto paths = MakePaths(ConfigOf(WeightPathKind::kSoftmax, 8), costs);
  for (const double temperature : {1.0, 0.25, 5.0}) {
    const RelaxationConfig relaxation{.temperature = temperature, .hard = true};  // hard is of the Gumbel draw
    const WeightDraw draw = paths->Draw({.draw = 3}, alpha, relaxation, at::kCPU);
    const WeightDraw other = paths->Draw({.seed = 1, .draw = 4, .rank = 1}, alpha, relaxation, at::kCPU);
    EXPECT_FALSE(draw.group);
    ASSERT_EQ(draw.forwards.size(), 1u);
    ASSERT_EQ(draw.forwards[0].size(), 3u);
    for (size_t l = 0; l < 3; ++l) {
      const LayerChoice& choice = draw.forwards[0][l];
      EXPECT_FALSE(choice.path);
      EXPECT_FALSE(choice.probability_c.requires_grad());
      const at::Tensor powers = (alpha.alpha(l).detach() / temperature).exp();
      test::ExpectClose(choice.probability_c, powers / powers.sum(), 1e-14);
      test::ExpectSameBits(choice.probability_c, other.forwards[0][l].probability_c);
    }
  }
}

TEST(GumbelPaths, AreTheRelaxationsDraw) {
  ArchParameters alpha = AlphaOf({{2, 0, -1}, {-0.5, 1.5, 0.5, 0}}, at::kFloat);
  alpha.RequireGradient(true);
  const auto paths = MakePaths(ConfigOf(WeightPathKind::kGumbel, 8), CostTable{"MACs", 5, {{1, 2, 3}, {1, 2, 3, 4}}});
  for (const bool hard : {false, true}) {
    const RelaxationConfig relaxation{.temperature = 0.7, .hard = hard};
    for (int64_t number = 0; number < 20; ++number) {
      const WeightDraw draw = paths->Draw({.draw = number}, alpha, relaxation, at::kCPU);
      const std::vector<LayerChoice> choices =
          DrawChoices(alpha, relaxation, Pass::kWeights, {.draw = number}, at::kCPU).choices;
      EXPECT_FALSE(draw.group);
      ASSERT_EQ(draw.forwards.size(), 1u);
      for (size_t l = 0; l < choices.size(); ++l) {
        EXPECT_EQ(draw.forwards[0][l].path, choices[l].path);
        ASSERT_EQ(draw.forwards[0][l].probability_c.defined(), !hard);
        if (!hard) test::ExpectSameBits(draw.forwards[0][l].probability_c, choices[l].probability_c);
      }
    }
  }
}

TEST(UniformPaths, WithoutTheBandCostAnything) {
  const CostTable costs{"MACs", 0, {{1, 1000}, {1, 1000}}};
  const auto paths = MakePaths(ConfigOf(WeightPathKind::kUniform, 1001, false), costs);
  std::set<std::vector<size_t>> seen;
  for (int64_t draw = 0; draw < 100; ++draw) seen.insert(GroupOf(*paths, {.draw = draw}).paths[0]);
  EXPECT_EQ(seen.size(), 4u);
}

TEST(FairPaths, WithoutTheBandAreStrictlyFairAlways) {
  const CostTable costs = TenLayers();
  const auto paths = MakePaths(ConfigOf(WeightPathKind::kFair, 1, false), costs);
  EXPECT_TRUE(paths->may_be_strict());
  Counts sum_lc = CountOf(costs, {});
  for (int64_t draw = 0; draw < 600; ++draw) {
    const PathGroup group = GroupOf(*paths, {.draw = draw});
    ASSERT_EQ(group.paths.size(), 4u);
    EXPECT_TRUE(group.strictly_fair);
    ExpectStrictlyFair(costs, group);
    const Counts count_lc = CountOf(costs, group.paths);
    for (size_t l = 0; l < sum_lc.size(); ++l) {
      for (size_t c = 0; c < sum_lc[l].size(); ++c) sum_lc[l][c] += count_lc[l][c];
    }
  }
  // A layer of three gets its fourth place in turn, by chance: 600 of 2400 places, ± 5 deviations of sqrt(600 · 2/9).
  for (const int count : sum_lc[2]) EXPECT_NEAR(count, 800, 5 * 11.5);
  for (const int count : sum_lc[0]) EXPECT_EQ(count, 600);
}

TEST(FairPaths, AreStrictWithinABandThatHoldsTheEvenCost) {
  const CostTable costs = TenLayers();
  const SearchConfig config = ConfigOf(WeightPathKind::kFair, costs.Mean());
  const auto paths = MakePaths(config, costs);
  ASSERT_TRUE(paths->may_be_strict());
  int strict = 0;
  std::set<std::vector<size_t>> seen;
  for (int64_t draw = 0; draw < 200; ++draw) {
    const PathGroup group = GroupOf(*paths, {.draw = draw});
    ASSERT_EQ(group.paths.size(), 4u);
    for (const auto& path : group.paths) {
      EXPECT_TRUE(BandOf(config).Holds(costs.OfNetwork(path)));
      seen.insert(path);
    }
    if (group.strictly_fair) {
      ++strict;
      ExpectStrictlyFair(costs, group);
    }
  }
  EXPECT_GT(strict, 190);
  EXPECT_GT(seen.size(), 700u);
}

// The least often drawn candidate of all layers, over its even count.
double LeastOverEven(const Paths& paths, const CostTable& costs, int draws) {
  std::vector<std::vector<size_t>> all;
  for (int64_t draw = 0; draw < draws; ++draw) {
    for (auto& path : GroupOf(paths, {.draw = draw}).paths) all.push_back(std::move(path));
  }
  double least = 1;
  for (const std::vector<int>& count_c : CountOf(costs, all)) {
    const double even = static_cast<double>(all.size()) / static_cast<double>(count_c.size());
    least = std::min(least, std::ranges::min(count_c) / even);
  }
  return least;
}

TEST(FairPaths, ElsewhereAreMoreEvenThanUniformOnesAndKeepTheBand) {
  const CostTable costs = TenLayers();
  for (const double factor : {0.75, 1.25}) {
    SCOPED_TRACE(factor);
    const SearchConfig config = ConfigOf(WeightPathKind::kFair, factor * costs.Mean());
    const auto fair = MakePaths(config, costs);
    EXPECT_FALSE(fair->may_be_strict());
    for (int64_t draw = 0; draw < 50; ++draw) {
      const PathGroup group = GroupOf(*fair, {.draw = draw});
      EXPECT_FALSE(group.strictly_fair);
      ASSERT_EQ(group.paths.size(), 4u);
      for (const auto& path : group.paths) EXPECT_TRUE(BandOf(config).Holds(costs.OfNetwork(path)));
    }
    const auto uniform = MakePaths(ConfigOf(WeightPathKind::kUniform, factor * costs.Mean()), costs);
    EXPECT_GT(LeastOverEven(*fair, costs, 1000), 1.1 * LeastOverEven(*uniform, costs, 4000));
  }
}

TEST(MakePaths, DrawsAreFixedBySeedDrawAndRank) {
  const CostTable costs = TenLayers();
  const ArchParameters alpha(test::SpaceWithCounts({4, 4, 3, 4, 2, 4, 4, 3, 4, 4}));
  for (const WeightPathKind kind :
       {WeightPathKind::kUniform, WeightPathKind::kFair, WeightPathKind::kBinned, WeightPathKind::kBinarised}) {
    SCOPED_TRACE(NameOf(kind));
    const auto one = MakePaths(ConfigOf(kind, costs.Mean()), costs),
               two = MakePaths(ConfigOf(kind, costs.Mean()), costs);
    const auto drawn = [&](const Paths& paths, const DrawNumber& number) {
      return GroupOf(paths, number, alpha).paths;
    };
    const DrawNumber number{.seed = 3, .draw = 7};
    EXPECT_EQ(drawn(*one, number), drawn(*two, number));
    EXPECT_NE(drawn(*one, number), drawn(*one, {.seed = 4, .draw = 7}));
    EXPECT_NE(drawn(*one, number), drawn(*one, {.seed = 3, .draw = 8}));
    EXPECT_NE(drawn(*one, number), drawn(*one, {.seed = 3, .draw = 7, .rank = 1}));
  }
}

TEST(MakePaths, ASpaceWithoutAChoiceHasOnePath) {
  const CostTable costs{"MACs", 5, {{1}, {2}}};
  const PathGroup group = GroupOf(*MakePaths(ConfigOf(WeightPathKind::kFair, 8), costs), {});
  EXPECT_EQ(group.paths, (std::vector<std::vector<size_t>>{{0, 0}}));
  EXPECT_TRUE(group.strictly_fair);
}

// A blind pruning may leave the band empty; training goes on below it.
TEST(MakePaths, AnEmptyBandLosesItsLowerEnd) {
  const CostTable costs{"MACs", 5, {{1, 10, 40}, {1, 10}}};
  for (const WeightPathKind kind : {WeightPathKind::kUniform, WeightPathKind::kFair, WeightPathKind::kBinned}) {
    const auto paths = MakePaths(ConfigOf(kind, 40), costs);  // [38, 40.8]: 7, 16, 25, 46, 55 are not there
    for (int64_t draw = 0; draw < 50; ++draw) {
      for (const auto& path : GroupOf(*paths, {.draw = draw}).paths) EXPECT_LE(costs.OfNetwork(path), 40.8);
    }
  }
}

// Ten layers of 4, 3 and 2 candidates, of which the greatest cost counts; one of each layer's reaches 8.
CostTable TenGreatest() {
  CostTable costs{"bytes", 3, {}, CostFold::kMax};
  for (const size_t candidates : {4, 4, 3, 4, 2, 4, 4, 3, 4, 4}) {
    costs.candidates_lc.emplace_back(candidates, 2);
    costs.candidates_lc.back()[1] = 5;
    costs.candidates_lc.back()[0] = 8;
  }
  return costs;
}

TEST(MakePaths, OfGreatestCostsKeepTheBand) {
  const CostTable costs = TenGreatest();
  for (const WeightPathKind kind : {WeightPathKind::kUniform, WeightPathKind::kFair, WeightPathKind::kBinned}) {
    for (const CostBand& band : {CostBand{5, 5}, CostBand{7.5, 8.5}, CostBand{3, 5}}) {
      const auto paths = MakePaths(Within(kind, band), costs);
      for (int64_t draw = 0; draw < 100; ++draw) {
        for (const auto& path : GroupOf(*paths, {.draw = draw}).paths) {
          EXPECT_TRUE(band.Holds(costs.OfNetwork(path))) << costs.OfNetwork(path);
        }
      }
    }
  }
}

TEST(FairPaths, OfGreatestCostsAreStrictWhereAllCandidatesFit) {
  const CostTable costs = TenGreatest();
  const auto within = MakePaths(Within(WeightPathKind::kFair, {7, 9}), costs);
  ASSERT_TRUE(within->may_be_strict());
  int strict = 0;
  for (int64_t draw = 0; draw < 200; ++draw) {
    const PathGroup group = GroupOf(*within, {.draw = draw});
    for (const auto& path : group.paths) EXPECT_EQ(costs.OfNetwork(path), 8);
    if (!group.strictly_fair) continue;
    ++strict;
    ExpectStrictlyFair(costs, group);
  }
  EXPECT_GT(strict, 150);
  // A candidate is too dear.
  const auto below = MakePaths(Within(WeightPathKind::kFair, {4, 6}), costs);
  EXPECT_FALSE(below->may_be_strict());
  EXPECT_FALSE(GroupOf(*below, {}).strictly_fair);
  // Two candidates alone reach 9, each in one path of four.
  CostTable two = TenGreatest();
  two.candidates_lc[0][2] = two.candidates_lc[1][2] = 9;
  const auto seldom = MakePaths(Within(WeightPathKind::kFair, {8.5, 9}), two);
  EXPECT_FALSE(seldom->may_be_strict());
  for (const auto& path : GroupOf(*seldom, {}).paths) EXPECT_EQ(two.OfNetwork(path), 9);
  // The fixed part reaches the lower end by itself.
  EXPECT_TRUE(MakePaths(Within(WeightPathKind::kFair, {3, 9}), two)->may_be_strict());
}

// Networks cost 2, 3.5, 5.5 or 9, each in a bin of its own; three are empty.
TEST(BinnedPaths, OfGreatestCostsLeaveOutEmptyBins) {
  const CostTable costs{"bytes", 1, {{2, 3.5, 9}, {2, 5.5, 9}}, CostFold::kMax};
  const Distribution expected = {{{0, 0}, 0.25}, {{1, 0}, 0.25}, {{0, 1}, 0.125}, {{1, 1}, 0.125}, {{0, 2}, 0.05},
                                 {{1, 2}, 0.05}, {{2, 0}, 0.05}, {{2, 1}, 0.05},  {{2, 2}, 0.05}};
  for (const bool band : {false, true}) {
    const auto paths = MakePaths(
        band ? Within(WeightPathKind::kBinned, {1.5, 10}) : ConfigOf(WeightPathKind::kBinned, 5, false), costs);
    EXPECT_LT(std::abs(Deviation(*paths, expected, 4000)), 3);
    EXPECT_THAT(paths->Probabilities().at(0), testing::Pointwise(testing::DoubleNear(1e-12), {0.425, 0.425, 0.15}));
  }
}

TEST(CheckPaths, NamesTheNearestOfGreatestCosts) {
  test::ExpectErrorContains<ConfigError>(
      [&] {
        CheckPaths(Within(WeightPathKind::kUniform, {6, 7}), TenGreatest());
      },
      {"search.paths", "5 B to 8 B", "the nearest that networks have are 5 and 8 bytes"});
}

TEST(CheckPaths, RefusesABandWithoutNetworks) {
  const CostTable costs{"MACs", 5e6, {{1e6, 10e6, 40e6}, {1e6, 10e6}}};
  test::ExpectErrorContains<ConfigError>(
      [&] { CheckPaths(ConfigOf(WeightPathKind::kFair, 40e6), costs); },
      {"search.paths", "38.0M MACs (search.budget_min)", "40.8M MACs (search.budget_max)", "7.0M MACs to 55.0M MACs",
       "search.paths_band: false"});
  EXPECT_NO_THROW(CheckPaths(ConfigOf(WeightPathKind::kFair, 40e6, false), costs));
  for (const WeightPathKind kind : {WeightPathKind::kGumbel, WeightPathKind::kSoftmax, WeightPathKind::kBinarised}) {
    EXPECT_NO_THROW(CheckPaths(ConfigOf(kind, 40e6), costs));
  }
  EXPECT_THROW(CheckPaths(ConfigOf(WeightPathKind::kBinned, 40e6), costs), ConfigError);
  EXPECT_NO_THROW(CheckPaths(ConfigOf(WeightPathKind::kUniform, 25e6), costs));
}

TEST(PathsPerStep, AreOneUnlessAllCandidatesAreComputedOrAGroup) {
  for (const auto& [kind, soft, hard] : {std::tuple(WeightPathKind::kGumbel, 0, 1),
                                         {WeightPathKind::kSoftmax, 0, 0},
                                         {WeightPathKind::kUniform, 1, 1},
                                         {WeightPathKind::kFair, 6, 6},
                                         {WeightPathKind::kBinned, 1, 1},
                                         {WeightPathKind::kBinarised, 1, 1}}) {
    SCOPED_TRACE(NameOf(kind));
    SearchConfig config = ConfigOf(kind, 8);
    EXPECT_EQ(PathsPerStep(config, 6), soft);
    config.relaxation.hard = true;
    EXPECT_EQ(PathsPerStep(config, 6), hard);
  }
}

TEST(PathTotals, AddUp) {
  const CostTable costs{"MACs", 5, {{1, 10}, {2, 20}}};
  PathTotals totals;
  totals.Add({.paths = {{0, 1}, {1, 0}}, .strictly_fair = true}, costs);
  totals.Add({.paths = {{1, 1}, {1, 0}}}, costs);
  EXPECT_EQ(totals.groups, 2);
  EXPECT_EQ(totals.strictly_fair, 1);
  EXPECT_EQ(totals.paths, 4);
  EXPECT_EQ(totals.cost_sum, 26 + 17 + 35 + 17);
  EXPECT_EQ(totals.least_cost, 17);
  EXPECT_EQ(totals.most_cost, 35);
}

}  // namespace
}  // namespace danas
