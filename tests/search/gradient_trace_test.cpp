#include "danas/search/gradient_trace.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cmath>

#include "danas/core/random.h"
#include "danas/search/arch_parameters.h"
#include "danas/search/pruning_decision.h"
#include "tests/search/space_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using GradientLc = std::vector<std::vector<double>>;

GradientLc Noise(const std::vector<size_t>& counts, RandomStream& random) {
  GradientLc gradient_lc;
  for (const size_t count : counts) {
    gradient_lc.emplace_back();
    for (size_t c = 0; c < count; ++c) gradient_lc.back().push_back(random.Normal());
  }
  return gradient_lc;
}

// Mean and deviation of numbers.
struct Moments {
  double sum = 0, squares = 0;
  int64_t count = 0;
  void Add(double value) { sum += value, squares += value * value, ++count; }
  double mean() const { return sum / static_cast<double>(count); }
  double deviation() const { return std::sqrt(squares / static_cast<double>(count) - mean() * mean()); }
};

TEST(GradientTrace, IsTheSumOfDifferencesOverTheirRootOfSquares) {
  GradientTrace trace;
  EXPECT_EQ(trace.Z({0, 0, 1}), 0);
  EXPECT_EQ(trace.RootMeanSquare(), 0);
  // α of candidate 0 rises in both steps: its gradients are the lower ones.
  trace.Record({{-1, 2, 0}, {5}});
  trace.Record({{0.5, 1, 4}, {7}});
  EXPECT_EQ(trace.steps(), 2);
  EXPECT_DOUBLE_EQ(trace.Z({0, 0, 1}), 3.5 / std::sqrt(9 + 0.25));
  EXPECT_DOUBLE_EQ(trace.Z({0, 1, 0}), -3.5 / std::sqrt(9 + 0.25));
  EXPECT_DOUBLE_EQ(trace.Z({0, 0, 2}), 4.5 / std::sqrt(1 + 12.25));
  EXPECT_DOUBLE_EQ(trace.Z({0, 1, 2}), 1 / std::sqrt(4.0 + 9));
  EXPECT_EQ(trace.Z({0, 2, 2}), 0);
  const double squares = 3.5 * 3.5 / 9.25 + 4.5 * 4.5 / 13.25 + 1.0 / 13;
  EXPECT_DOUBLE_EQ(trace.RootMeanSquare(), std::sqrt(squares / 3));
}

TEST(GradientTrace, AddsTheClaimsOfSeveralLayers) {
  GradientTrace trace;
  trace.Record({{0, 3}, {1, 0}, {0, 5}});
  trace.Record({{0, 1}, {3, 0}, {0, 5}});
  // 4 - 4 over the first two layers; with the third 4 - 4 + 10.
  EXPECT_DOUBLE_EQ(trace.Z({{0, 0, 1}, {1, 0, 1}}), 0);
  EXPECT_DOUBLE_EQ(trace.Z({{0, 0, 1}, {1, 0, 1}, {2, 0, 1}}), 10 / std::sqrt(10.0 + 10 + 50));
  EXPECT_DOUBLE_EQ(trace.Z(std::vector<Claim>{{0, 0, 1}}), trace.Z({0, 0, 1}));
  EXPECT_EQ(trace.Z(std::vector<Claim>{}), 0);
}

TEST(GradientTrace, NoStepToldThemApart) {
  GradientTrace trace;
  for (int i = 0; i < 10; ++i) trace.Record({{0.1 * i, 0.1 * i, 0}});
  EXPECT_EQ(trace.Z({0, 0, 1}), 0);
  EXPECT_LT(trace.Z({0, 0, 2}), -2);  // 0 is the dearer: its gradients are above
}

TEST(GradientTrace, IsAtMostTheRootOfTheSteps) {
  GradientTrace trace;
  for (int i = 0; i < 9; ++i) trace.Record({{1, 3}});
  EXPECT_DOUBLE_EQ(trace.Z({0, 0, 1}), 3);
}

TEST(GradientTrace, RefusesAnotherShape) {
  GradientTrace trace;
  trace.Record({{1, 2}});
  test::ExpectErrorContains<std::logic_error>([&] { trace.Record({{1, 2, 3}}); }, {"different shape"});
}

TEST(GradientTrace, ComesBackToTheBit) {
  GradientTrace trace, again;
  RandomStream random(3, "gradients");
  for (int i = 0; i < 7; ++i) trace.Record(Noise({4, 1, 3}, random));
  trace.MissSteps(5);
  StateFields saved;
  trace.Describe(saved);
  StateFields restored({}, Json::parse(saved.values().dump()), at::kCPU);
  again.Describe(restored);
  restored.RequireAllTaken();
  EXPECT_EQ(again.steps(), 7);
  EXPECT_EQ(again.missed(), 5);
  EXPECT_EQ(again.Z({0, 1, 3}), trace.Z({0, 1, 3}));
  const GradientLc next = Noise({4, 1, 3}, random);
  trace.Record(next);
  again.Record(next);
  EXPECT_EQ(again.Z({2, 2, 0}), trace.Z({2, 2, 0}));
  EXPECT_EQ(again.RootMeanSquare(), trace.RootMeanSquare());
}

TEST(GradientTrace, OfNoiseIsStandardNormal) {
  Moments z, z_of_networks;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    RandomStream random(seed, "noise");
    GradientTrace trace;
    for (int i = 0; i < 70; ++i) trace.Record(Noise({2, 3, 2}, random));
    for (size_t l = 0; l < 3; ++l) z.Add(trace.Z({l, 0, 1}));
    z_of_networks.Add(trace.Z({{0, 0, 1}, {1, 2, 0}, {2, 1, 0}}));
  }
  EXPECT_NEAR(z.mean(), 0, 0.1);
  EXPECT_NEAR(z.deviation(), 1, 0.06);
  EXPECT_NEAR(z_of_networks.mean(), 0, 0.15);
  EXPECT_NEAR(z_of_networks.deviation(), 1, 0.1);
}

TEST(GradientTrace, FindsADifferenceOfAFifthOfItsNoise) {
  Moments z;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    RandomStream random(seed, "signal");
    GradientTrace trace;
    for (int i = 0; i < 100; ++i) trace.Record({{random.Normal(), random.Normal() + 0.2 * std::sqrt(2.0)}});
    z.Add(trace.Z({0, 0, 1}));
  }
  EXPECT_NEAR(z.mean(), 2, 0.2);  // 0.2 √100
}

// What decides is α, which Adam drives; the evidence is of the gradients that drove it.
class NoiseDrivenAlpha : public testing::Test {
 protected:
  static constexpr size_t kLayers = 8;

  void Drive(uint64_t seed, int steps) {
    RandomStream random(seed, "noise");
    for (int i = 0; i < steps; ++i) {
      for (size_t l = 0; l < kLayers; ++l) {
        at::Tensor leaf = alpha_.alpha(l);
        leaf.mutable_grad() = at::empty_like(leaf);
        for (int64_t c = 0; c < leaf.numel(); ++c) leaf.mutable_grad()[c] = random.Normal();
      }
      alpha_.Step({});
    }
  }

  SearchSpace space_ = test::SpaceWithCounts(std::vector<size_t>(kLayers, 4));
  ArchParameters alpha_{space_};
};

TEST_F(NoiseDrivenAlpha, GivesCutsThatAreNoEvidence) {
  const CostTable costs = MakeCostTable(*MakeMacsModel(), space_);
  SearchConfig config;
  config.budget.value = costs.Mean();
  int prunings = 0, above_noise = 0;
  int64_t cuts = 0, unclear = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    alpha_ = ArchParameters(space_);
    Drive(seed, 40);
    const Pruning pruning = DecidePruning(space_, ScoresOfAlpha(alpha_.Values(), alpha_.evidence()), costs, config);
    const int64_t clear = std::ranges::count_if(pruning.cuts, [](const LayerCut& cut) { return cut.clear(); });
    ASSERT_EQ(pruning.cuts.size(), kLayers);
    cuts += std::ssize(pruning.cuts);
    unclear += std::ssize(pruning.cuts) - clear;
    above_noise += MoreClearThanNoise(static_cast<size_t>(clear), pruning.cuts.size()) ? 1 : 0;
    ++prunings;
  }
  EXPECT_GT(static_cast<double>(unclear), 0.95 * static_cast<double>(cuts));
  EXPECT_LE(above_noise, prunings / 20);
}

TEST_F(NoiseDrivenAlpha, BeginsAnewWhereCandidatesAreDropped) {
  Drive(1, 5);
  EXPECT_EQ(alpha_.evidence().steps(), 5);
  EXPECT_NE(alpha_.evidence().Z({0, 0, 1}), 0);
  alpha_.Drop({});
  EXPECT_EQ(alpha_.evidence().steps(), 0);
  Drive(2, 3);
  EXPECT_EQ(alpha_.evidence().steps(), 3);
}

TEST(ArchParametersEvidence, IsOfTheGradientsWithoutWeightDecay) {
  ArchParameters alpha(test::SpaceWithCounts({2}), at::kDouble);
  SearchConfig config;
  config.alpha_weight_decay = 0.9;
  for (int i = 0; i < 4; ++i) {
    at::Tensor leaf = alpha.alpha(0);
    leaf.mutable_grad() = at::tensor({1.0, i % 2 == 0 ? 2.0 : 5.0}, at::kDouble);
    alpha.Step(config);
  }
  EXPECT_DOUBLE_EQ(alpha.evidence().Z({0, 0, 1}), 10 / std::sqrt(2 * (1 + 16.0)));
}

}  // namespace
}  // namespace danas
