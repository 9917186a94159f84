#include "danas/search/weight_paths.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "danas/core/error.h"
#include "danas/search/final_choice.h"
#include "tests/cost/cost_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

// [layer][candidate]: how often.
using Counts = std::vector<std::vector<int>>;

SearchConfig ConfigOf(WeightPathKind kind, double budget, bool band = true) {
  SearchConfig config;
  config.paths = kind;
  config.paths_band = band;
  config.budget.value = budget;
  return config;
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

TEST(WeightPaths, UniformIsOneNetworkOfTheBandEachAsOften) {
  RandomStream random(2, "costs");
  const CostTable costs =
      test::MakeTable({3, 4, 3}, 50, [&] { return static_cast<double>(1 + random.UniformInt(50)); });
  const SearchConfig config = ConfigOf(WeightPathKind::kUniform, costs.Mean());
  const CostBand band = BandOf(config);
  std::map<std::vector<size_t>, int> count;
  test::ForEachNetwork(costs, [&](const std::vector<size_t>& path) {
    if (band.Holds(costs.OfNetwork(path))) count[path] = 0;
  });
  ASSERT_GT(count.size(), 3u);
  const WeightPaths paths(config, costs);
  EXPECT_EQ(paths.paths_per_step(), 1u);
  constexpr int kDraws = 4000;
  for (int64_t draw = 0; draw < kDraws; ++draw) {
    const PathGroup group = paths.Draw({.seed = 1, .draw = draw});
    ASSERT_EQ(group.paths.size(), 1u);
    ASSERT_TRUE(count.contains(group.paths[0]));
    ++count[group.paths[0]];
  }
  const double expected = kDraws / static_cast<double>(count.size());
  for (const auto& [path, n] : count) EXPECT_NEAR(n, expected, 5 * std::sqrt(expected));
}

TEST(WeightPaths, WithoutTheBandAnyNetworkIsDrawn) {
  const CostTable costs{"MACs", 0, {{1, 1000}, {1, 1000}}};
  const WeightPaths paths(ConfigOf(WeightPathKind::kUniform, 1001, false), costs);
  std::set<std::vector<size_t>> seen;
  for (int64_t draw = 0; draw < 100; ++draw) seen.insert(paths.Draw({.draw = draw}).paths[0]);
  EXPECT_EQ(seen.size(), 4u);
}

TEST(WeightPaths, FairWithoutTheBandIsStrictlyFairAlways) {
  const CostTable costs = TenLayers();
  const WeightPaths paths(ConfigOf(WeightPathKind::kFair, 1, false), costs);
  EXPECT_TRUE(paths.may_be_strict());
  EXPECT_EQ(paths.paths_per_step(), 4u);
  Counts sum_lc = CountOf(costs, {});
  for (int64_t draw = 0; draw < 600; ++draw) {
    const PathGroup group = paths.Draw({.draw = draw});
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

TEST(WeightPaths, FairIsStrictWithinABandThatHoldsTheEvenCost) {
  const CostTable costs = TenLayers();
  const SearchConfig config = ConfigOf(WeightPathKind::kFair, costs.Mean());
  const WeightPaths paths(config, costs);
  ASSERT_TRUE(paths.may_be_strict());
  int strict = 0;
  std::set<std::vector<size_t>> seen;
  for (int64_t draw = 0; draw < 200; ++draw) {
    const PathGroup group = paths.Draw({.draw = draw});
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
double LeastOverEven(const WeightPaths& paths, const CostTable& costs, int draws) {
  std::vector<std::vector<size_t>> all;
  for (int64_t draw = 0; draw < draws; ++draw) {
    for (auto& path : paths.Draw({.draw = draw}).paths) all.push_back(std::move(path));
  }
  double least = 1;
  for (const std::vector<int>& count_c : CountOf(costs, all)) {
    const double even = static_cast<double>(all.size()) / static_cast<double>(count_c.size());
    least = std::min(least, std::ranges::min(count_c) / even);
  }
  return least;
}

TEST(WeightPaths, ElsewhereFairIsMoreEvenThanUniformAndKeepsTheBand) {
  const CostTable costs = TenLayers();
  for (const double factor : {0.75, 1.25}) {
    SCOPED_TRACE(factor);
    const SearchConfig config = ConfigOf(WeightPathKind::kFair, factor * costs.Mean());
    const WeightPaths fair(config, costs);
    EXPECT_FALSE(fair.may_be_strict());
    for (int64_t draw = 0; draw < 50; ++draw) {
      const PathGroup group = fair.Draw({.draw = draw});
      EXPECT_FALSE(group.strictly_fair);
      ASSERT_EQ(group.paths.size(), 4u);
      for (const auto& path : group.paths) EXPECT_TRUE(BandOf(config).Holds(costs.OfNetwork(path)));
    }
    const WeightPaths uniform(ConfigOf(WeightPathKind::kUniform, factor * costs.Mean()), costs);
    EXPECT_GT(LeastOverEven(fair, costs, 1000), 1.1 * LeastOverEven(uniform, costs, 4000));
  }
}

TEST(WeightPaths, DrawsAreFixedBySeedDrawAndRank) {
  const CostTable costs = TenLayers();
  for (const WeightPathKind kind : {WeightPathKind::kUniform, WeightPathKind::kFair}) {
    const WeightPaths paths(ConfigOf(kind, costs.Mean()), costs), again(ConfigOf(kind, costs.Mean()), costs);
    const DrawNumber number{.seed = 3, .draw = 7};
    EXPECT_EQ(paths.Draw(number).paths, again.Draw(number).paths);
    EXPECT_NE(paths.Draw(number).paths, paths.Draw({.seed = 4, .draw = 7}).paths);
    EXPECT_NE(paths.Draw(number).paths, paths.Draw({.seed = 3, .draw = 8}).paths);
    EXPECT_NE(paths.Draw(number).paths, paths.Draw({.seed = 3, .draw = 7, .rank = 1}).paths);
  }
}

TEST(WeightPaths, ASpaceWithoutAChoiceHasOnePath) {
  const CostTable costs{"MACs", 5, {{1}, {2}}};
  const PathGroup group = WeightPaths(ConfigOf(WeightPathKind::kFair, 8), costs).Draw({});
  EXPECT_EQ(group.paths, (std::vector<std::vector<size_t>>{{0, 0}}));
  EXPECT_TRUE(group.strictly_fair);
}

// A blind pruning may leave the band empty; training goes on below it.
TEST(WeightPaths, AnEmptyBandLosesItsLowerEnd) {
  const CostTable costs{"MACs", 5, {{1, 10, 40}, {1, 10}}};
  for (const WeightPathKind kind : {WeightPathKind::kUniform, WeightPathKind::kFair}) {
    const WeightPaths paths(ConfigOf(kind, 40), costs);  // [38, 40.8]: 7, 16, 25, 46, 55 are not there
    for (int64_t draw = 0; draw < 50; ++draw) {
      for (const auto& path : paths.Draw({.draw = draw}).paths) EXPECT_LE(costs.OfNetwork(path), 40.8);
    }
  }
}

TEST(CheckPaths, RefusesABandWithoutNetworks) {
  const CostTable costs{"MACs", 5e6, {{1e6, 10e6, 40e6}, {1e6, 10e6}}};
  test::ExpectErrorContains<ConfigError>(
      [&] { CheckPaths(ConfigOf(WeightPathKind::kFair, 40e6), costs); },
      {"search.paths", "38.0M MACs (search.budget_min)", "40.8M MACs (search.budget_max)", "7.0M MACs to 55.0M MACs",
       "search.paths_band: false"});
  EXPECT_NO_THROW(CheckPaths(ConfigOf(WeightPathKind::kFair, 40e6, false), costs));
  EXPECT_NO_THROW(CheckPaths(ConfigOf(WeightPathKind::kGumbel, 40e6), costs));
  EXPECT_NO_THROW(CheckPaths(ConfigOf(WeightPathKind::kUniform, 25e6), costs));
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
