#include "danas/search/arch_parameters.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "danas/core/random.h"
#include "danas/core/softmax.h"
#include "tests/search/space_support.h"
#include "tests/support/torch_support.h"

namespace danas {
namespace {

// Gradients that a test sets by hand.
void SetGradient(const ArchParameters& alpha, size_t layer, const at::Tensor& gradient) {
  at::Tensor leaf = alpha.alpha(layer);
  leaf.mutable_grad() = gradient.to(leaf.scalar_type());
}

TEST(ArchParameters, StartAtZero) {
  const ArchParameters alpha(test::SpaceWithCounts({6, 4}));
  EXPECT_EQ(alpha.Values(), (std::vector<std::vector<double>>{{0, 0, 0, 0, 0, 0}, {0, 0, 0, 0}}));
  EXPECT_EQ(alpha.alpha(0).scalar_type(), at::kFloat);
  EXPECT_EQ(alpha.Probabilities()[1], (std::vector<double>(4, 0.25)));
}

TEST(ArchParameters, StepIsAdamAsWrittenInItsPaper) {
  SearchConfig config;
  config.alpha_weight_decay = 0.01;
  ArchParameters alpha(test::SpaceWithCounts({3}), at::kDouble);
  double value[3] = {0, 0, 0}, first[3] = {}, second[3] = {};
  RandomStream random(7, "gradients");
  for (int t = 1; t <= 20; ++t) {
    at::Tensor gradient = at::empty({3}, at::kDouble);
    for (int c = 0; c < 3; ++c) {
      const double g = random.Normal();
      gradient[c] = g;
      const double decayed = g + config.alpha_weight_decay * value[c];
      first[c] = config.alpha_beta1 * first[c] + (1 - config.alpha_beta1) * decayed;
      second[c] = config.alpha_beta2 * second[c] + (1 - config.alpha_beta2) * decayed * decayed;
      const double m = first[c] / (1 - std::pow(config.alpha_beta1, t));
      const double v = second[c] / (1 - std::pow(config.alpha_beta2, t));
      value[c] -= config.alpha_lr * m / (std::sqrt(v) + 1e-8);
    }
    SetGradient(alpha, 0, gradient);
    alpha.Step(config);
    EXPECT_FALSE(alpha.HasGradient());
  }
  for (int c = 0; c < 3; ++c) EXPECT_NEAR(alpha.Values()[0][c], value[c], 1e-14);
}

// Each candidate as an Adam of its own, which knows the steps that it took alone.
TEST(ArchParameters, StepOfSomeIsAdamOfEach) {
  SearchConfig config;
  config.alpha_weight_decay = 0.01;
  ArchParameters alpha(test::SpaceWithCounts({3, 2}), at::kDouble);
  double value[3] = {}, first[3] = {}, second[3] = {};
  int steps[3] = {};
  RandomStream random(7, "gradients");
  for (int t = 0; t < 24; ++t) {
    at::Tensor gradient = at::empty({3}, at::kDouble);
    // All at first; then the last alone goes on unmoved until step 12.
    const std::vector<size_t> moved = t < 4    ? std::vector<size_t>{0, 1, 2}
                                      : t < 12 ? std::vector<size_t>{0, 1}
                                      : t < 20 ? std::vector<size_t>{t % 2 == 0 ? size_t{0} : size_t{1}, 2}
                                               : std::vector<size_t>{0, 1, 2};
    for (int c = 0; c < 3; ++c) gradient[c] = random.Normal();
    for (const size_t c : moved) {
      const double decayed = gradient[static_cast<int64_t>(c)].item<double>() + config.alpha_weight_decay * value[c];
      ++steps[c];
      first[c] = config.alpha_beta1 * first[c] + (1 - config.alpha_beta1) * decayed;
      second[c] = config.alpha_beta2 * second[c] + (1 - config.alpha_beta2) * decayed * decayed;
      const double m = first[c] / (1 - std::pow(config.alpha_beta1, steps[c]));
      const double v = second[c] / (1 - std::pow(config.alpha_beta2, steps[c]));
      value[c] -= config.alpha_lr * m / (std::sqrt(v) + 1e-8);
    }
    SetGradient(alpha, 0, gradient);
    if (moved.size() == 3) {
      alpha.Step(config);  // in the first steps nothing has gone apart yet
    } else {
      alpha.StepOf(config, {moved, {}});
    }
    EXPECT_FALSE(alpha.HasGradient());
    EXPECT_EQ(alpha.moments().steps_lc.empty(), t < 4);
  }
  for (size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(alpha.Values()[0][c], value[c], 1e-14) << c;
    EXPECT_EQ(alpha.moments().steps_lc[0][c], steps[c]);
  }
  EXPECT_EQ(alpha.Values()[1], (std::vector<double>{0, 0}));
  EXPECT_EQ(alpha.evidence().steps(), 24);
  alpha.Drop({{0, {1}}});
  EXPECT_EQ(alpha.moments().steps_lc, (std::vector<std::vector<int64_t>>{{steps[0], steps[2]}, {4, 4}}));
}

TEST(ArchParameters, StepLeavesLayersWithoutGradientAlone) {
  ArchParameters alpha(test::SpaceWithCounts({3, 3}));
  SetGradient(alpha, 0, at::ones({3}));
  alpha.Step({});
  EXPECT_EQ(alpha.Values()[1], (std::vector<double>{0, 0, 0}));
  EXPECT_EQ(alpha.moments().second_lc[1].abs().sum().item<double>(), 0);
  EXPECT_LT(alpha.Values()[0][0], 0);
}

TEST(ArchParameters, GradientNormIsOverAllLayers) {
  ArchParameters alpha(test::SpaceWithCounts({2, 2}));
  EXPECT_EQ(alpha.GradientNorm().item<double>(), 0);
  SetGradient(alpha, 0, at::tensor({3.0, 0.0}));
  SetGradient(alpha, 1, at::tensor({0.0, -4.0}));
  EXPECT_DOUBLE_EQ(alpha.GradientNorm().item<double>(), 5);
}

TEST(ArchParameters, SurvivorsOfDropAreBitEqual) {
  ArchParameters alpha(test::SpaceWithCounts({6, 4, 5}));
  alpha.RequireGradient(true);
  for (uint64_t t = 0; t < 5; ++t) {
    for (size_t l = 0; l < alpha.layers(); ++l) {
      SetGradient(alpha, l, test::RandomTensor(alpha.alpha(l).sizes(), 10 * t + l));
    }
    alpha.Step({});
  }
  const ArchParameters before = alpha;
  alpha.Drop({{0, {0, 3}}, {2, {4}}});

  const std::vector<std::vector<int64_t>> kept = {{1, 2, 4, 5}, {0, 1, 2, 3}, {0, 1, 2, 3}};
  for (size_t l = 0; l < kept.size(); ++l) {
    const at::Tensor index = at::tensor(kept[l], at::kLong);
    test::ExpectSameBits(alpha.alpha(l), before.alpha(l).detach().index_select(0, index));
    test::ExpectSameBits(alpha.moments().first_lc[l], before.moments().first_lc[l].index_select(0, index));
    test::ExpectSameBits(alpha.moments().second_lc[l], before.moments().second_lc[l].index_select(0, index));
    EXPECT_TRUE(alpha.alpha(l).is_leaf());
    EXPECT_TRUE(alpha.alpha(l).requires_grad());
  }
  EXPECT_EQ(alpha.moments().steps, 5);
}

TEST(LogSoftmax, IsFiniteForValuesFarApart) {
  const std::vector<double> log_p = LogSoftmax({0, -2000, 1000});
  EXPECT_DOUBLE_EQ(log_p[0], -1000);
  EXPECT_DOUBLE_EQ(log_p[1], -3000);
  EXPECT_DOUBLE_EQ(log_p[2], 0);
}

TEST(RelativeEntropy, IsOneForEqualAndZeroForDecided) {
  EXPECT_DOUBLE_EQ(RelativeEntropy({{0.25, 0.25, 0.25, 0.25}, {0.5, 0.5}}), 1);
  EXPECT_DOUBLE_EQ(RelativeEntropy({{1, 0, 0}, {0.5, 0.5}, {1}}), 0.5);
  EXPECT_DOUBLE_EQ(RelativeEntropy({{1}, {1}}), 0);
}

}  // namespace
}  // namespace danas
