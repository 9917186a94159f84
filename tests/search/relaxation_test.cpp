#include "danas/search/relaxation.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "danas/search/cost_loss.h"
#include "tests/search/space_support.h"
#include "tests/support/torch_support.h"

namespace danas {
namespace {

TEST(GumbelNoise, IsFixedBySeedLayerAndDraw) {
  const at::Tensor noise = GumbelNoise({.seed = 3, .draw = 17}, 2, 6, at::kDouble);
  test::ExpectSameBits(GumbelNoise({.seed = 3, .draw = 17}, 2, 6, at::kDouble), noise);
  // A pruned layer draws the first of the same numbers.
  test::ExpectSameBits(GumbelNoise({.seed = 3, .draw = 17}, 2, 4, at::kDouble), noise.slice(0, 0, 4));
  EXPECT_FALSE(GumbelNoise({.seed = 4, .draw = 17}, 2, 6, at::kDouble).equal(noise));
  EXPECT_FALSE(GumbelNoise({.seed = 3, .draw = 17}, 1, 6, at::kDouble).equal(noise));
  EXPECT_FALSE(GumbelNoise({.seed = 3, .draw = 18}, 2, 6, at::kDouble).equal(noise));
  EXPECT_FALSE(GumbelNoise({.seed = 3, .draw = 17, .rank = 1}, 2, 6, at::kDouble).equal(noise));
  const at::Tensor of_part = GumbelNoise({.seed = 3, .draw = 17, .first_image = 8}, 2, 6, at::kDouble);
  EXPECT_FALSE(of_part.equal(noise));
  EXPECT_FALSE(GumbelNoise({.seed = 3, .draw = 17, .first_image = 16}, 2, 6, at::kDouble).equal(of_part));
  EXPECT_FALSE(GumbelNoise({.seed = 3, .draw = 17, .rank = 8}, 2, 6, at::kDouble).equal(of_part));
}

TEST(GumbelNoise, DrawsEachCandidateAsOftenAsItsProbability) {
  // The Gumbel-max trick: argmax(α + noise) ~ softmax(α). 20,000 draws: a share is off by 3 of its deviations, 0.011,
  // in one of 370 seeds.
  const at::Tensor alpha = at::tensor({0.0, 1.0, -1.0}, at::kDouble);
  const at::Tensor expected = at::softmax(alpha, 0);
  constexpr int kDraws = 20000;
  at::Tensor share = at::zeros({3}, at::kDouble);
  for (int draw = 0; draw < kDraws; ++draw) {
    share[(alpha + GumbelNoise({.seed = 1, .draw = draw}, 0, 3, at::kDouble)).argmax().item<int64_t>()] += 1.0 / kDraws;
  }
  test::ExpectClose(share, expected, 0.011);
}

TEST(TemperatureAt, FallsOrRisesInEqualRatiosOrStays) {
  RelaxationConfig config;
  config.temperature = 2;
  EXPECT_EQ(TemperatureAt(config, 7, 60), 2);
  config.temperature_end = 0.02;
  EXPECT_EQ(TemperatureAt(config, 0, 60), 2);
  EXPECT_NEAR(TemperatureAt(config, 59, 60), 0.02, 1e-15);
  EXPECT_NEAR(TemperatureAt(config, 1, 3), 0.2, 1e-15);
  EXPECT_EQ(TemperatureAt(config, 0, 1), 2);  // no epoch to fall in
  config.temperature_end = 8;
  EXPECT_NEAR(TemperatureAt(config, 1, 3), 4, 1e-14);
}

TEST(GumbelSoftmax, MatchesItsDefinition) {
  const at::Tensor alpha = at::tensor({0.3, -0.2, 1.1}, at::kDouble);
  const at::Tensor noise = at::tensor({-0.5, 2.0, 0.1}, at::kDouble);
  for (const double temperature : {0.1, 1.0, 5.0}) {
    const at::Tensor powers = ((alpha + noise) / temperature).exp();
    test::ExpectClose(GumbelSoftmax(alpha, noise, temperature), powers / powers.sum(), 1e-14);
  }
}

TEST(GumbelSoftmax, HasTheRightJacobian) {
  for (const double temperature : {0.5, 1.0, 3.0}) {
    test::ExpectGradientsMatch(
        [&](const std::vector<at::Tensor>& in) { return GumbelSoftmax(in[0], in[1], temperature); },
        {test::RandomTensor({5}, 1), GumbelNoise({.seed = 1, .draw = 0}, 0, 5, at::kDouble)});
  }
}

TEST(StraightThrough, IsExactlyOneHotWithTheGradientOfP) {
  for (int64_t draw = 0; draw < 50; ++draw) {
    const at::Tensor alpha = at::zeros({6}, at::kFloat).set_requires_grad(true);
    const at::Tensor p = GumbelSoftmax(alpha, GumbelNoise({.seed = 0, .draw = draw}, 0, 6, at::kFloat), 0.7);
    const at::Tensor y = StraightThrough(p);
    test::ExpectSameBits(y.detach(), at::zeros({6}).index_fill_(0, p.argmax(), 1));
    const at::Tensor weight = at::arange(6, at::kFloat);
    const auto through = torch::autograd::grad({(y * weight).sum()}, {alpha}, {}, /*retain_graph=*/true);
    const auto soft = torch::autograd::grad({(p * weight).sum()}, {alpha});
    test::ExpectSameBits(through[0], soft[0]);
  }
}

TEST(StraightThrough, TakesTheFirstAmongEquals) {
  test::ExpectSameBits(StraightThrough(at::full({4}, 0.25)), at::tensor({1.0f, 0.0f, 0.0f, 0.0f}));
}

class DrawChoicesTest : public testing::Test {
 protected:
  DrawChoicesTest() : alpha_(test::SpaceWithCounts({6, 1, 3})) { alpha_.RequireGradient(true); }
  Draw Of(const RelaxationConfig& config, Pass pass) {
    return DrawChoices(alpha_, config, pass, {.seed = 5, .draw = 11}, at::kCPU);
  }

  ArchParameters alpha_;
};

TEST_F(DrawChoicesTest, SoftUsesAllCandidatesInBothPasses) {
  const Draw weights = Of({}, Pass::kWeights);
  const Draw architecture = Of({}, Pass::kArchitecture);
  for (size_t l = 0; l < alpha_.layers(); ++l) {
    EXPECT_FALSE(weights.choices[l].path.has_value());
    EXPECT_FALSE(weights.choices[l].probability_c.requires_grad());
    EXPECT_FALSE(weights.cost_probability_lc[l].requires_grad());
    EXPECT_FALSE(architecture.choices[l].path.has_value());
    EXPECT_TRUE(architecture.choices[l].probability_c.requires_grad());
    test::ExpectSameBits(architecture.choices[l].probability_c.detach(), weights.choices[l].probability_c);
    test::ExpectClose(weights.choices[l].probability_c.sum(), at::ones({}), 1e-6);
  }
}

TEST_F(DrawChoicesTest, HardWeightPassGivesThePathAlone) {
  const Draw draw = Of({.hard = true}, Pass::kWeights);
  for (size_t l = 0; l < alpha_.layers(); ++l) {
    ASSERT_TRUE(draw.choices[l].path.has_value());
    EXPECT_FALSE(draw.choices[l].probability_c.defined());
    EXPECT_EQ(draw.cost_probability_lc[l][*draw.choices[l].path].item<float>(), 1);
  }
}

TEST_F(DrawChoicesTest, HardArchitecturePassComputesAllOrOne) {
  const Draw all = Of({.hard = true}, Pass::kArchitecture);
  const Draw one = Of({.hard = true, .hard_alpha = HardAlpha::kOne}, Pass::kArchitecture);
  const Draw weights = Of({.hard = true}, Pass::kWeights);
  for (size_t l = 0; l < alpha_.layers(); ++l) {
    EXPECT_FALSE(all.choices[l].path.has_value());
    EXPECT_EQ(one.choices[l].path, weights.choices[l].path);
    for (const Draw* draw : {&all, &one}) {
      const at::Tensor& p = draw->choices[l].probability_c;
      EXPECT_TRUE(p.requires_grad());
      EXPECT_EQ(p[*weights.choices[l].path].item<float>(), 1);
      EXPECT_EQ(p.sum().item<float>(), 1);
    }
  }
}

TEST_F(DrawChoicesTest, ExpectedCostCanComeFromSoftmax) {
  const Draw draw = Of({.hard = true, .expected_cost = ExpectedCostOf::kSoftmax}, Pass::kArchitecture);
  test::ExpectSameBits(draw.cost_probability_lc[0].detach(), at::softmax(alpha_.alpha(0).detach(), 0));
  EXPECT_TRUE(draw.cost_probability_lc[0].requires_grad());
}

}  // namespace
}  // namespace danas
