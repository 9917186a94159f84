#include "danas/search/cost_loss.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <sstream>

#include "danas/core/error.h"
#include "danas/core/log.h"
#include "danas/core/random.h"
#include "danas/search/arch_parameters.h"
#include "danas/search/relaxation.h"
#include "tests/cost/cost_support.h"
#include "tests/search/space_support.h"
#include "tests/support/test_support.h"
#include "tests/support/torch_support.h"

namespace danas {
namespace {

constexpr LossKind kAllKinds[] = {
    LossKind::kPaperLog, LossKind::kPaperLogOneSided, LossKind::kLiteral, LossKind::kMulLogRatio, LossKind::kFbnet,
    LossKind::kPow,      LossKind::kAddLinear,        LossKind::kAddAbs,  LossKind::kAbsLog,      LossKind::kNone};
constexpr LossKind kTwoSided[] = {LossKind::kPaperLog, LossKind::kAddAbs, LossKind::kAbsLog};

at::Tensor Scalar(double value) { return at::scalar_tensor(value, at::kDouble); }

double LossOf(LossKind kind, double class_loss, double cost, double target) {
  return CostAwareLoss(Scalar(class_loss), Scalar(cost), target, {.kind = kind}).item<double>();
}

// What standard error's logger says while `action` runs.
template <typename Action>
std::string LoggedBy(const Action& action) {
  std::ostringstream text;
  const auto before = spdlog::default_logger();
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_st>(text)));
  action();
  spdlog::set_default_logger(before);
  return text.str();
}

TEST(CostAwareLoss, HasThePublishedValues) {
  const double l = 2, c = 3e8, t = 2e8, ratio = std::log(1.5);
  EXPECT_DOUBLE_EQ(LossOf(LossKind::kPaperLog, l, c, t), l * std::pow(1 + ratio, 0.3));
  EXPECT_DOUBLE_EQ(LossOf(LossKind::kPaperLog, l, t * t / c, t), l * std::pow(1 + ratio, 0.3));
  EXPECT_DOUBLE_EQ(LossOf(LossKind::kPaperLogOneSided, l, c, t), l * std::pow(1 + ratio, 0.3));
  EXPECT_DOUBLE_EQ(LossOf(LossKind::kPaperLogOneSided, l, t / 1.5, t), l * std::pow(1 - ratio, 0.3));
  EXPECT_DOUBLE_EQ(LossOf(LossKind::kPaperLogOneSided, l, t / 100, t), l * std::pow(0.05, 0.3));
  EXPECT_DOUBLE_EQ(LossOf(LossKind::kLiteral, l, c, t), l * std::pow(ratio, 0.3));
  EXPECT_DOUBLE_EQ(LossOf(LossKind::kLiteral, l, t, t), l * std::pow(0.05, 0.3));
  EXPECT_DOUBLE_EQ(LossOf(LossKind::kMulLogRatio, l, c, t), l * 0.2 * std::pow(std::log(c) / std::log(t), 0.3));
  EXPECT_DOUBLE_EQ(LossOf(LossKind::kFbnet, l, c, t), l * 0.2 * std::pow(std::log(c), 0.6));
  EXPECT_DOUBLE_EQ(LossOf(LossKind::kPow, l, c, t), l * std::pow(1.5, 0.07));
  EXPECT_DOUBLE_EQ(LossOf(LossKind::kAddLinear, l, c, t), l + 0.1 * 0.5);
  EXPECT_DOUBLE_EQ(LossOf(LossKind::kAddAbs, l, t / 2, t), l + 0.1 * 0.5);
  EXPECT_DOUBLE_EQ(LossOf(LossKind::kAbsLog, l, c, t), l * (1 + 0.3 * ratio * ratio));
  EXPECT_DOUBLE_EQ(LossOf(LossKind::kNone, l, c, t), l);
}

TEST(CostAwareLoss, ValueAndGradientStayFinite) {
  for (const LossKind kind : kAllKinds) {
    for (const double ratio : {0.05, 0.39, 1.0, 5.0, 70.0}) {
      const at::Tensor class_loss = Scalar(2.3).set_requires_grad(true);
      const at::Tensor cost = Scalar(ratio * 3.25e8).set_requires_grad(true);
      const at::Tensor loss = CostAwareLoss(class_loss, cost, 3.25e8, {.kind = kind});
      const auto gradients = torch::autograd::grad({loss}, {class_loss, cost}, {}, false, false, /*allow_unused=*/true);
      EXPECT_TRUE(std::isfinite(loss.item<double>())) << NameOf(kind) << " at C/T " << ratio;
      EXPECT_TRUE(std::isfinite(gradients[0].item<double>())) << NameOf(kind) << " at C/T " << ratio;
      EXPECT_GT(gradients[0].item<double>(), 0) << NameOf(kind) << " at C/T " << ratio;
      if (kind == LossKind::kNone) continue;
      EXPECT_TRUE(std::isfinite(gradients[1].item<double>())) << NameOf(kind) << " at C/T " << ratio;
    }
  }
}

TEST(CostAwareLoss, HasNoSlopeAtTheTargetWhereItIsLeast) {
  for (const LossKind kind : kTwoSided) {
    const at::Tensor cost = Scalar(3.25e8).set_requires_grad(true);
    const at::Tensor loss = CostAwareLoss(Scalar(2), cost, 3.25e8, {.kind = kind});
    EXPECT_EQ(torch::autograd::grad({loss}, {cost})[0].item<double>(), 0) << NameOf(kind);
    EXPECT_EQ(loss.item<double>(), 2) << NameOf(kind);
  }
}

TEST(CostAwareLoss, PaperLogHasElasticityGammaBesideTheTarget) {
  // d ln L / d ln C = ±γ / (1 + |ln(C/T)|), which is ±γ at T itself.
  for (const double sign : {-1.0, 1.0}) {
    const at::Tensor cost = Scalar(3e8 * (1 + sign * 1e-9)).set_requires_grad(true);
    const at::Tensor loss = CostAwareLoss(Scalar(2), cost, 3e8, {});
    const double slope = torch::autograd::grad({loss.log()}, {cost})[0].item<double>() * cost.item<double>();
    EXPECT_NEAR(slope, sign * 0.3, 1e-8);
  }
}

TEST(CostAwareLoss, IsDoubleWhateverTheClassLoss) {
  const at::Tensor class_loss = at::scalar_tensor(2.5, at::kBFloat16).set_requires_grad(true);
  const at::Tensor loss = CostAwareLoss(class_loss, Scalar(1e8), 3e8, {});
  EXPECT_EQ(loss.scalar_type(), at::kDouble);
  EXPECT_DOUBLE_EQ(loss.item<double>(), 2.5 * std::pow(1 + std::log(3.0), 0.3));
}

TEST(CostAwareLoss, RefusesCostsWithoutPositiveLogarithm) {
  for (const LossKind kind : {LossKind::kMulLogRatio, LossKind::kFbnet}) {
    for (const double cost : {0.5, 1.0}) {
      test::ExpectErrorContains<ConfigError>([&] { LossOf(kind, 2, cost, 80); },
                                             {NameOf(kind), "expected cost", "above 1"});
    }
    EXPECT_TRUE(std::isfinite(LossOf(kind, 2, 1.001, 80)));
  }
  test::ExpectErrorContains<ConfigError>([] { LossOf(LossKind::kMulLogRatio, 2, 80, 0.9); }, {"search.budget"});
}

TEST(CheckCostLoss, LooksAtTheCheapestNetworkAndWarnsOfLiteral) {
  const CostTable costs{.unit = "ms", .fixed = 0.2, .candidates_lc = {{0.5, 3.0}}};
  test::ExpectErrorContains<ConfigError>([&] { CheckCostLoss({.kind = LossKind::kFbnet}, 2, costs); },
                                         {"fbnet", "0.7000"});
  const std::string warning = LoggedBy([&] { CheckCostLoss({.kind = LossKind::kLiteral}, 2, costs); });
  EXPECT_NE(warning.find("literal"), std::string::npos) << warning;
  EXPECT_EQ(LoggedBy([&] { CheckCostLoss({.kind = LossKind::kPaperLog}, 2, costs); }), "");
}

TEST(ExpectedCost, AtOneHotIsTheNetworksCost) {
  const CostTable costs{.unit = "MACs", .fixed = 100, .candidates_lc = {{1, 20, 300}, {4000, 50000}}};
  const at::Tensor first = at::tensor({0.0f, 1.0f, 0.0f}), second = at::tensor({1.0f, 0.0f});
  EXPECT_EQ(ExpectedCost({first, second}, costs).item<double>(), 100 + 20 + 4000);
  EXPECT_EQ(ExpectedCost({at::full({3}, 1.0 / 3, at::kDouble), at::full({2}, 0.5)}, costs).item<double>(),
            100 + 107 + 27000);
}

// α -> Gumbel-Softmax -> expected cost -> loss, soft.
at::Tensor LossOfAlpha(const std::vector<at::Tensor>& alpha_lc, const CostTable& costs, double target, LossKind kind) {
  std::vector<at::Tensor> probability_lc;
  at::Tensor class_loss = Scalar(1.7);
  for (size_t l = 0; l < alpha_lc.size(); ++l) {
    const at::Tensor noise = GumbelNoise({.seed = 2, .draw = 5}, l, alpha_lc[l].numel(), at::kDouble);
    probability_lc.push_back(GumbelSoftmax(alpha_lc[l], noise, 1.0));
    class_loss = class_loss + probability_lc[l].square().sum();  // any smooth function of p
  }
  return CostAwareLoss(class_loss, ExpectedCost(probability_lc, costs), target, {.kind = kind});
}

TEST(CostAwareLoss, HasTheRightJacobianDownToAlpha) {
  const CostTable costs{.unit = "ms", .fixed = 2, .candidates_lc = {{1, 4, 9}, {3, 5}, {2, 2.5, 7, 1}}};
  for (const LossKind kind : kAllKinds) {
    for (const double target : {4.0, 11.0, 30.0}) {
      test::ExpectGradientsMatch(
          [&](const std::vector<at::Tensor>& alpha_lc) { return LossOfAlpha(alpha_lc, costs, target, kind); },
          {test::RandomTensor({3}, 1), test::RandomTensor({2}, 2), test::RandomTensor({4}, 3)});
    }
  }
}

// Five layers that share costs; where the greatest counts the fixed part is above the least of some.
CostTable Greatest() {
  return {.unit = "bytes",
          .fixed = 4,
          .candidates_lc = {{1, 4, 9}, {3, 9}, {2, 2.5, 7, 1}, {5}, {12, 6, 6}},
          .fold = CostFold::kMax};
}

TEST(ExpectedGreatest, AtOneHotIsTheNetworksCost) {
  const CostTable costs = Greatest();
  test::ForEachNetwork(costs, [&](const std::vector<size_t>& network) {
    std::vector<at::Tensor> probability_lc;
    for (size_t l = 0; l < network.size(); ++l) {
      probability_lc.push_back(at::zeros({std::ssize(costs.candidates_lc[l])}, at::kFloat));
      probability_lc.back()[static_cast<int64_t>(network[l])] = 1;
    }
    EXPECT_EQ(ExpectedCost(probability_lc, costs).item<double>(), costs.OfNetwork(network));
  });
}

std::vector<at::Tensor> RandomAlpha(const CostTable& costs, at::ScalarType type, double scale = 1) {
  std::vector<at::Tensor> alpha_lc;
  for (size_t l = 0; l < costs.candidates_lc.size(); ++l) {
    alpha_lc.push_back(scale * test::RandomTensor({std::ssize(costs.candidates_lc[l])}, 10 + l, type));
  }
  return alpha_lc;
}

std::vector<at::Tensor> Softmaxes(const std::vector<at::Tensor>& alpha_lc) {
  std::vector<at::Tensor> probability_lc;
  for (const at::Tensor& alpha_c : alpha_lc) probability_lc.push_back(at::softmax(alpha_c, 0));
  return probability_lc;
}

TEST(ExpectedGreatest, IsTheMeanOverAllNetworks) {
  const CostTable costs = Greatest();
  const std::vector<at::Tensor> probability_lc = Softmaxes(RandomAlpha(costs, at::kDouble));
  double mean = 0;
  test::ForEachNetwork(costs, [&](const std::vector<size_t>& network) {
    double p = 1;
    for (size_t l = 0; l < network.size(); ++l) {
      p *= probability_lc[l][static_cast<int64_t>(network[l])].item<double>();
    }
    mean += p * costs.OfNetwork(network);
  });
  EXPECT_NEAR(ExpectedCost(probability_lc, costs).item<double>(), mean, 1e-12);
}

TEST(ExpectedGreatest, HasTheRightJacobianDownToAlpha) {
  const CostTable costs = Greatest();
  test::ExpectGradientsMatch(
      [&](const std::vector<at::Tensor>& alpha_lc) { return ExpectedCost(Softmaxes(alpha_lc), costs); },
      RandomAlpha(costs, at::kDouble));
  for (const LossKind kind : kAllKinds) {
    test::ExpectGradientsMatch(
        [&](const std::vector<at::Tensor>& alpha_lc) { return LossOfAlpha(alpha_lc, costs, 8, kind); },
        RandomAlpha(costs, at::kDouble));
  }
}

// At one-hot most layers' sums are 0: the gradient is what another candidate would add.
TEST(ExpectedGreatest, HasTheRightJacobianAtOneHot) {
  const CostTable costs = Greatest();
  std::vector<at::Tensor> probability_lc;
  for (const std::vector<double>& cost_c : costs.candidates_lc) {
    probability_lc.push_back(at::zeros({std::ssize(cost_c)}, at::kDouble));
    probability_lc.back()[0] = 1;
  }
  test::ExpectGradientsMatch([&](const std::vector<at::Tensor>& p_lc) { return ExpectedCost(p_lc, costs); },
                             probability_lc, 1e-6, 1e-5);
}

// 20 layers of 18 candidates, 360 different costs: float32 probabilities, spread out and nearly one-hot, give what
// double ones do, and no gradient is lost or infinite.
TEST(ExpectedGreatest, IsStableInALargeSpace) {
  CostTable costs{.unit = "bytes", .fixed = 1e5, .candidates_lc = {}, .fold = CostFold::kMax};
  RandomStream random(8, "costs");
  for (int l = 0; l < 20; ++l) {
    std::vector<double>& cost_c = costs.candidates_lc.emplace_back();
    for (int c = 0; c < 18; ++c) cost_c.push_back(4 * std::floor(random.Uniform(1e4, 2e6)));
  }
  for (const double scale : {0.0, 1.0, 30.0}) {
    SCOPED_TRACE(scale);
    std::vector<std::vector<at::Tensor>> gradients;
    std::vector<double> values;
    for (const at::ScalarType type : {at::kDouble, at::kFloat}) {
      std::vector<at::Tensor> alpha_lc = RandomAlpha(costs, at::kDouble, scale);
      for (at::Tensor& alpha_c : alpha_lc) alpha_c = alpha_c.to(type).set_requires_grad(true);
      const at::Tensor cost = ExpectedCost(Softmaxes(alpha_lc), costs);
      values.push_back(cost.item<double>());
      gradients.push_back(torch::autograd::grad({cost}, alpha_lc));
    }
    EXPECT_NEAR(values[1], values[0], 1e-5 * values[0]);
    for (size_t l = 0; l < costs.candidates_lc.size(); ++l) {
      test::ExpectClose(gradients[1][l], gradients[0][l], 1e-5 * costs.Most());
    }
    double largest = 0;
    for (const at::Tensor& gradient : gradients[1]) {
      largest = std::max(largest, gradient.abs().max().item<double>());
    }
    if (scale < 2) {
      EXPECT_GT(largest, 1e-3 * costs.Most());
    }
  }
}

// 12 layers of 6 candidates whose networks cost 101 to 598 M.
CostTable SpreadCosts() {
  const std::vector<double> layer = {4.9e6, 6e6, 19e6, 23e6, 38e6, 46.4e6};
  return {.unit = "MACs", .fixed = 42e6, .candidates_lc = std::vector<std::vector<double>>(12, layer)};
}

// Optimises α against a constant class loss; gives the mean expected cost of the last steps.
double CostAfterSearch(const SearchConfig& config, const CostTable& costs, std::vector<at::Tensor>& start_lc,
                       int steps) {
  std::vector<std::vector<BlockSpec>> blocks(costs.candidates_lc.size(), test::DistinctBlocks(6));
  ArchParameters alpha(test::MakeSpace(blocks));
  for (size_t l = 0; l < alpha.layers(); ++l) alpha.alpha(l).detach().copy_(start_lc[l]);
  alpha.RequireGradient(true);
  double tail = 0;
  const int tail_steps = steps / 10;
  for (int step = 0; step < steps; ++step) {
    const Draw draw = DrawChoices(alpha, config.relaxation, Pass::kArchitecture, {.draw = step}, at::kCPU);
    const at::Tensor cost = ExpectedCost(draw.cost_probability_lc, costs);
    CostAwareLoss(Scalar(2.0), cost, config.budget.value, config.loss).backward();
    if (step >= steps - tail_steps) tail += cost.item<double>() / tail_steps;
    alpha.Step(config);
  }
  for (size_t l = 0; l < alpha.layers(); ++l) start_lc[l] = alpha.alpha(l).detach().clone();
  return tail;
}

// α tilted by cost until softmax(α) has the expected cost.
std::vector<at::Tensor> AlphaAtCost(const CostTable& costs, double wanted) {
  double low = -1, high = 1;  // α = tilt * cost in millions
  std::vector<at::Tensor> alpha_lc;
  for (int i = 0; i < 60; ++i) {
    const double tilt = (low + high) / 2;
    alpha_lc.clear();
    std::vector<at::Tensor> p_lc;
    for (const std::vector<double>& layer : costs.candidates_lc) {
      alpha_lc.push_back(at::tensor(layer, at::kDouble) * (tilt / 1e6));
      p_lc.push_back(at::softmax(alpha_lc.back(), 0));
    }
    (ExpectedCost(p_lc, costs).item<double>() < wanted ? low : high) = tilt;
  }
  return alpha_lc;
}

TEST(SlowCostPull, TwoSidedLossesEndAtTheTargetFromBothSides) {
  const CostTable costs = SpreadCosts();
  for (const ExpectedCostOf source : {ExpectedCostOf::kSampled, ExpectedCostOf::kSoftmax}) {
    for (const LossKind kind : kTwoSided) {
      if (source == ExpectedCostOf::kSoftmax && kind != LossKind::kPaperLog) continue;
      for (const double start : {0.4, 2.5}) {
        SearchConfig config;
        // Both starts must lie inside the space, and the target too.
        config.budget.value = start < 1 ? 300e6 : 220e6;
        config.loss.kind = kind;
        config.relaxation.expected_cost = source;
        std::vector<at::Tensor> alpha_lc = AlphaAtCost(costs, start * config.budget.value);
        const double end = CostAfterSearch(config, costs, alpha_lc, 1000);
        EXPECT_NEAR(end / config.budget.value, 1, 0.05) << NameOf(kind) << " from " << start << " T";
      }
    }
  }
}

TEST(CostPull, CostAloneLowersTheDearerCandidates) {
  const CostTable costs = SpreadCosts();
  for (const LossKind kind : kAllKinds) {
    if (kind == LossKind::kNone) continue;
    SearchConfig config;
    config.budget.value = 110e6;  // near the cheapest network, so that every loss pushes down
    config.loss.kind = kind;
    std::vector<at::Tensor> alpha_lc = AlphaAtCost(costs, costs.Mean());
    const at::Tensor before = at::softmax(alpha_lc[0], 0);
    CostAfterSearch(config, costs, alpha_lc, 100);
    for (const at::Tensor& alpha : alpha_lc) {
      EXPECT_GT((alpha[0] - alpha[5]).item<double>(), 0.2) << NameOf(kind);
      EXPECT_LT(at::softmax(alpha, 0)[5].item<double>(), before[5].item<double>()) << NameOf(kind);
    }
  }
}

TEST(CostPull, NothingMovesWithoutACostTerm) {
  const CostTable costs = SpreadCosts();
  for (const CostLossConfig& loss : {CostLossConfig{.kind = LossKind::kPaperLog, .paper_log = {.exponent = 0}},
                                     CostLossConfig{.kind = LossKind::kAddAbs, .add_abs = {.weight = 0}},
                                     CostLossConfig{.kind = LossKind::kAddLinear, .add_linear = {.weight = 0}},
                                     CostLossConfig{.kind = LossKind::kAbsLog, .abs_log = {.weight = 0}},
                                     CostLossConfig{.kind = LossKind::kPow, .pow = {.exponent = 0}}}) {
    SearchConfig config;
    config.budget.value = 110e6;
    config.loss = loss;
    std::vector<at::Tensor> alpha_lc(costs.candidates_lc.size(), at::zeros({6}));
    CostAfterSearch(config, costs, alpha_lc, 10);
    for (const at::Tensor& alpha : alpha_lc) EXPECT_EQ(alpha.abs().max().item<double>(), 0) << NameOf(loss.kind);
  }
  // `none` gives α no gradient at all.
  EXPECT_FALSE(
      CostAwareLoss(Scalar(2), Scalar(3e8).set_requires_grad(true), 2e8, {.kind = LossKind::kNone}).requires_grad());
}

}  // namespace
}  // namespace danas
