#include "danas/search/pruner.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "danas/core/random.h"
#include "tests/search/space_support.h"

namespace danas {
namespace {

using AlphaLc = std::vector<std::vector<double>>;

AlphaLc RandomAlpha(const SearchSpace& space, uint64_t seed) {
  RandomStream random(seed, "alpha");
  AlphaLc alpha_lc;
  for (const size_t count : test::Counts(space)) {
    alpha_lc.emplace_back();
    for (size_t c = 0; c < count; ++c) alpha_lc.back().push_back(random.Normal());
  }
  return alpha_lc;
}

TEST(ChooseWeakest, LeavesThePapersCounts) {
  const std::vector<std::vector<size_t>> expected = {
      {4, 2, 1, 1}, {6, 4, 2, 1}, {10, 6, 4, 2}, {12, 7, 4, 2}, {18, 11, 7, 4}};
  for (const std::vector<size_t>& counts : expected) {
    SearchSpace space = test::SpaceWithCounts({counts[0], counts[0]});
    for (size_t step = 1; step < counts.size(); ++step) {
      space = space.Without(ChooseWeakest(space, RandomAlpha(space, step), {}));
      EXPECT_EQ(test::Counts(space), (std::vector<size_t>{counts[step], counts[step]})) << "from " << counts[0];
    }
  }
}

TEST(ChooseWeakest, DropsTheLowest) {
  const SearchSpace space = test::SpaceWithCounts({6, 5, 1});
  EXPECT_EQ(ChooseWeakest(space, {{0.1, -2, 0.3, 0.2, -1, 0}, {5, 4, 3, 2, 1}, {0}}, {}),
            (LayerCandidates{{0, {1, 4}}, {1, {3, 4}}}));
}

TEST(ChooseWeakest, KeepsTheLowerIndexOfEquals) {
  const SearchSpace space = test::SpaceWithCounts({6});
  EXPECT_EQ(ChooseWeakest(space, {{0, 0, 0, 0, 0, 0}}, {}).at(0), (std::set<size_t>{4, 5}));
  EXPECT_EQ(ChooseWeakest(space, {{0, 1, 0, 0, 1, 0}}, {}).at(0), (std::set<size_t>{3, 5}));
}

TEST(ChooseWeakest, KeepsTheOrderWhereProbabilitiesVanish) {
  const SearchSpace space = test::SpaceWithCounts({5});
  EXPECT_EQ(ChooseWeakest(space, {{-4000, -2000, 0, -1000, -3000}}, {}).at(0), (std::set<size_t>{0, 4}));
}

TEST(ChooseWeakest, RoundsAsAsked) {
  const SearchSpace space = test::SpaceWithCounts({5});
  const AlphaLc alpha_lc = RandomAlpha(space, 1);
  const auto left = [&](double ratio, PruningRounding rounding) {
    return test::Counts(space.Without(ChooseWeakest(space, alpha_lc, {.ratio = ratio, .rounding = rounding})))[0];
  };
  EXPECT_EQ(left(0.5, PruningRounding::kHalfUp), 2u);  // 2.5 go
  EXPECT_EQ(left(0.5, PruningRounding::kDown), 3u);
  EXPECT_EQ(left(0.5, PruningRounding::kUp), 2u);
  EXPECT_EQ(left(0.4, PruningRounding::kUp), 3u);  // 2.0 go
  EXPECT_EQ(left(0.4, PruningRounding::kDown), 3u);
  EXPECT_EQ(left(0.3, PruningRounding::kHalfUp), 3u);  // 1.5 go
  EXPECT_EQ(left(0.01, PruningRounding::kHalfUp), 5u);
  EXPECT_EQ(left(0.01, PruningRounding::kUp), 4u);
  EXPECT_EQ(left(0.99, PruningRounding::kUp), 1u);
}

TEST(ChooseWeakest, ZeroRatioPrunesNothing) {
  const SearchSpace space = test::SpaceWithCounts({6, 3});
  for (const PruningRounding rounding : {PruningRounding::kHalfUp, PruningRounding::kDown, PruningRounding::kUp}) {
    for (const PruningScope scope : {PruningScope::kLayer, PruningScope::kGlobal}) {
      EXPECT_TRUE(
          ChooseWeakest(space, RandomAlpha(space, 1), {.ratio = 0, .scope = scope, .rounding = rounding}).empty());
    }
  }
}

TEST(ChooseWeakest, NeverDropsTheArgmaxNorEmptiesALayer) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    RandomStream random(seed, "case");
    PruningConfig config;
    config.ratio = random.Uniform(0, 0.99);
    config.scope = static_cast<PruningScope>(random.UniformInt(2));
    config.granularity = static_cast<PruningGranularity>(random.UniformInt(3));
    config.rounding = static_cast<PruningRounding>(random.UniformInt(3));
    SearchSpace space = test::SpaceWithCounts({18, 6, 1, 2, 11});
    for (int step = 0; step < 4; ++step) {
      const AlphaLc alpha_lc = RandomAlpha(space, seed * 10 + static_cast<uint64_t>(step));
      const LayerCandidates weakest = ChooseWeakest(space, alpha_lc, config);
      for (const auto& [layer, dropped] : weakest) {
        EXPECT_FALSE(dropped.contains(ArgMax(alpha_lc[layer]))) << "seed " << seed;
      }
      space = space.Without(weakest);  // throws for an empty layer
    }
  }
}

TEST(ChooseWeakest, GlobalTakesTheLeastLikelyOfAllLayers) {
  const SearchSpace space = test::SpaceWithCounts({4, 4, 1});
  // Layer 0 is undecided, layer 1 decided: its three others are less likely than any of layer 0. 0.4 * 8 = 3.2 go.
  EXPECT_EQ(ChooseWeakest(space, {{0, 0.1, 0.2, 0.3}, {5, 0, 0.1, 0.2}, {0}}, {.scope = PruningScope::kGlobal}),
            (LayerCandidates{{1, {1, 2, 3}}}));
}

TEST(ChooseWeakest, GlobalSpreadsEqualsOverTheLayers) {
  const SearchSpace space = test::SpaceWithCounts({5, 5, 5});
  const LayerCandidates weakest =
      ChooseWeakest(space, AlphaLc(3, AlphaLc::value_type(5, 0)), {.scope = PruningScope::kGlobal});
  for (size_t l = 0; l < 3; ++l) EXPECT_EQ(weakest.at(l), (std::set<size_t>{3, 4}));
}

// e1, e3, e6 with k3 and k5 each.
std::vector<BlockSpec> MobileBlocks() {
  std::vector<BlockSpec> blocks;
  for (const double expand : {1.0, 3.0, 6.0}) {
    for (const int kernel : {3, 5}) blocks.push_back({.op = {.kernel = kernel}, .expand = expand});
  }
  return blocks;
}

TEST(ChooseWeakest, DropsWholeBlocks) {
  const SearchSpace space = test::MakeSpace({MobileBlocks()});
  // Together e1 is least likely, though one of e3 is least of all. One of three blocks goes.
  const AlphaLc alpha_lc = {{0.0, 0.1, 2.0, -1.0, 1.0, 1.5}};
  const PruningConfig config{.granularity = PruningGranularity::kBlock};
  EXPECT_EQ(ChooseWeakest(space, alpha_lc, config).at(0), (std::set<size_t>{0, 1}));
}

TEST(ChooseWeakest, DropsWholeOperators) {
  const SearchSpace space = test::MakeSpace({MobileBlocks()});
  const PruningConfig config{.granularity = PruningGranularity::kOperator};
  // 0.4 * 2 = 0.8: one of two goes.
  EXPECT_EQ(ChooseWeakest(space, {{0, 1, 0, 1, 0, 1}}, config).at(0), (std::set<size_t>{0, 2, 4}));
}

TEST(ChooseWeakest, AGroupWithTheArgmaxStaysHoweverUnlikely) {
  const SearchSpace space = test::MakeSpace({MobileBlocks()});
  // The largest single α is in e1, yet e1 together is least likely.
  const AlphaLc alpha_lc = {{1.0, -9.0, 0.9, 0.9, 0.8, 0.8}};
  const PruningConfig config{.granularity = PruningGranularity::kBlock};
  EXPECT_EQ(ChooseWeakest(space, alpha_lc, config).at(0), (std::set<size_t>{4, 5}));
}

}  // namespace
}  // namespace danas
