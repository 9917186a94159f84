// The learners of α: gradients against numeric ones in double, what they draw, and the step after.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "danas/run/device.h"
#include "danas/run/run_state.h"
#include "danas/search/architecture_pass.h"
#include "danas/search/budgets.h"
#include "danas/search/cost_loss.h"
#include "danas/search/learners/learner.h"
#include "danas/tasks/classification/class_loss.h"
#include "tests/search/search_support.h"
#include "tests/search/space_support.h"
#include "tests/support/test_support.h"
#include "tests/support/torch_support.h"

namespace danas {
namespace {

constexpr int64_t kImages = 8, kClasses = 4;

std::vector<size_t> PlacesOfGate(const LayerChoice& choice) {
  if (!choice.subset.empty()) return choice.subset;
  std::vector<size_t> all(static_cast<size_t>(choice.probability_c.numel()));
  for (size_t c = 0; c < all.size(); ++c) all[c] = c;
  return all;
}

// Where a gate's forward value is 1.
size_t ActiveOf(const LayerChoice& choice) {
  return static_cast<size_t>(choice.probability_c.detach().argmax().item<int64_t>());
}

// A small supernet in double, with α off its start and a loss in which cost counts.
class Learners : public testing::Test {
 protected:
  Learners() : config_(test::SmallConfig()), state_(MakeState()) {
    config_.search.alpha_lr = 0.05;
    config_.search.budget.value = 0.7 * state_.costs.Mean();
    const at::NoGradGuard no_grad;
    for (size_t l = 0; l < alpha().layers(); ++l) {
      alpha().alpha(l).copy_(test::RandomTensor(alpha().alpha(l).sizes(), 20 + l));
    }
  }

  SearchState MakeState() {
    config_.runtime.precision = Precision::kFloat64;
    const SearchSpace space = test::SpaceWithCounts({4, 1, 3, 2});
    SearchState state{
        .supernet = std::make_shared<Supernet>(space, SupernetOptions{}),
        .costs = MakeCostTable(*MakeMacsModel(), space),
        .branches = {},
        .training = WeightTraining(config_.train, config_.runtime, 0, RateSchedule(config_.train, 0, 10), at::kCPU)};
    state.branches.push_back(WholeBranch("", state.supernet, state.costs, at::kDouble));
    InitializeWeights(*state.supernet, 1);
    MoveTo(*state.supernet, at::kCPU, config_.runtime);
    state.training.Bind(*state.supernet);
    return state;
  }

  ArchParameters& alpha() { return state_.branches[0].alpha; }

  Batch MakeBatch() const {
    return {test::RandomTensor({kImages, 3, 8, 8}, 5).contiguous(at::MemoryFormat::ChannelsLast),
            at::arange(kImages, at::kLong).remainder(kClasses)};
  }

  Draw DrawNow() {
    return MakeLearner(config_.search)
        ->DrawFor(alpha(), NextDraw(config_, state_), config_.search.relaxation.temperature, at::kCPU);
  }

  // Needs an ArchitectureScope.
  double Loss(const std::vector<LayerChoice>& choices, const std::vector<at::Tensor>& cost_probability_lc) {
    const at::NoGradGuard no_grad;
    const Batch batch = MakeBatch();
    const at::Tensor logits = state_.supernet->forward(batch.images, choices);
    const at::Tensor class_loss = ClassLossSum(logits, batch.targets, kClasses, /*smoothing=*/0) / kImages;
    return CostAwareLoss(class_loss, ExpectedCost(cost_probability_lc, state_.costs), config_.search.budget.value,
                         config_.search.loss)
        .item<double>();
  }

  // Of loss() in the element of a tensor.
  template <typename LossNow>
  static double Slope(const at::Tensor& tensor, int64_t element, const LossNow& loss) {
    constexpr double kStep = 1e-7;
    const at::NoGradGuard no_grad;
    const double value = tensor[element].item<double>();
    const auto loss_at = [&](double moved) {
      tensor[element] = moved;
      return loss();
    };
    const double slope = (loss_at(value + kStep) - loss_at(value - kStep)) / (2 * kStep);
    tensor[element] = value;
    return slope;
  }

  // α's gradient of a step, [layer].
  std::vector<at::Tensor> GradientsOfStep() {
    ArchitectureTotals totals;
    ArchitectureStep step(state_, state_.branches[0], config_, kClasses, totals);
    step.Compute(MakeBatch());
    std::vector<at::Tensor> gradients;
    for (const at::Tensor& alpha_c : alpha().all()) gradients.push_back(alpha_c.grad().clone());
    alpha().ClearGradient();
    return gradients;
  }

  void Step() {
    const ArchitectureScope scope(state_, state_.branches[0]);
    ArchitectureTotals totals;
    ArchitectureStep step(state_, state_.branches[0], config_, kClasses, totals);
    step.Compute(MakeBatch());
    step.Apply();
  }

  // d_j of the gates that a draw computed and of the probabilities that its cost is over, both by differences, put
  // through ∂a_i = sum over j of d_j q_j (δ_ij - q_i), q the softmax over the candidates computed.
  std::vector<at::Tensor> ByTheFormula(const Draw& draw) {
    std::vector<LayerChoice> choices = draw.choices;
    std::vector<at::Tensor> cost_lc;
    for (LayerChoice& choice : choices) choice.probability_c = choice.probability_c.detach().clone();
    for (const at::Tensor& p : draw.cost_probability_lc) cost_lc.push_back(p.detach().clone());
    const auto loss = [&] { return Loss(choices, cost_lc); };
    std::vector<at::Tensor> gradients;
    for (size_t l = 0; l < choices.size(); ++l) {
      const at::Tensor alpha_c = alpha().alpha(l).detach();
      at::Tensor gradient = at::zeros_like(alpha_c);
      const std::vector<size_t> places = PlacesOfGate(choices[l]);
      double sum = 0;
      for (const size_t c : places) sum += std::exp(alpha_c[static_cast<int64_t>(c)].item<double>());
      for (const size_t placed_j : places) {
        const auto j = static_cast<int64_t>(placed_j);
        const double d = Slope(choices[l].probability_c, j, loss) + Slope(cost_lc[l], j, loss);
        const double q_j = std::exp(alpha_c[j].item<double>()) / sum;
        for (const size_t placed_i : places) {
          const auto i = static_cast<int64_t>(placed_i);
          gradient[i] += d * q_j * ((i == j ? 1 : 0) - std::exp(alpha_c[i].item<double>()) / sum);
        }
      }
      gradients.push_back(gradient);
    }
    return gradients;
  }

  void ExpectGradientsByTheFormula() {
    for (int64_t number = 0; number < 6; ++number) {
      state_.draws = number;
      const ArchitectureScope scope(state_, state_.branches[0]);
      const std::vector<at::Tensor> expected = ByTheFormula(DrawNow()), found = GradientsOfStep();
      for (size_t l = 0; l < found.size(); ++l) {
        SCOPED_TRACE("draw " + std::to_string(number) + ", layer " + std::to_string(l));
        test::ExpectClose(found[l], expected[l], 3e-7, 1e-6);
      }
      EXPECT_GT(found[0].abs().max().item<double>(), 1e-4);
    }
  }

  Config config_;
  SearchState state_;
};

TEST_F(Learners, NoneIsNone) {
  config_.search.learner = LearnerKind::kNone;
  EXPECT_EQ(MakeLearner(config_.search), nullptr);
  const ArchitectureScope scope(state_, state_.branches[0]);
  ArchitectureTotals totals;
  ArchitectureStep step(state_, state_.branches[0], config_, kClasses, totals);
  test::ExpectErrorContains<std::logic_error>([&] { step.Compute(MakeBatch()); }, {"search.learner 'none'"});
}

TEST_F(Learners, GumbelIsTheRelaxation) {
  for (const bool hard : {false, true}) {
    for (const HardAlpha form : {HardAlpha::kAll, HardAlpha::kOne}) {
      config_.search.relaxation.hard = hard;
      config_.search.relaxation.hard_alpha = form;
      config_.search.relaxation.temperature = 0.6;
      const Draw found = DrawNow();
      const Draw expected =
          DrawChoices(alpha(), config_.search.relaxation, Pass::kArchitecture, NextDraw(config_, state_), at::kCPU);
      for (size_t l = 0; l < alpha().layers(); ++l) {
        test::ExpectSameBits(found.choices[l].probability_c, expected.choices[l].probability_c);
        test::ExpectSameBits(found.cost_probability_lc[l], expected.cost_probability_lc[l]);
        EXPECT_EQ(found.choices[l].path, expected.choices[l].path);
        EXPECT_TRUE(found.choices[l].subset.empty());
      }
      EXPECT_EQ(MakeLearner(config_.search)->Computes(6), hard && form == HardAlpha::kOne ? 1 : 6);
    }
  }
}

// The whole loss, through the supernet and the cost.
TEST_F(Learners, SoftmaxHasTheGradientOfTheLoss) {
  config_.search.learner = LearnerKind::kSoftmax;
  for (const ExpectedCostOf cost : {ExpectedCostOf::kSampled, ExpectedCostOf::kSoftmax}) {
    for (const double temperature : {1.0, 0.6}) {
      SCOPED_TRACE(std::string(NameOf(cost)) + ", temperature " + std::to_string(temperature));
      config_.search.relaxation.expected_cost = cost;
      config_.search.relaxation.temperature = temperature;
      const ArchitectureScope scope(state_, state_.branches[0]);
      const std::vector<at::Tensor> found = GradientsOfStep();
      const auto loss = [&] {
        const Draw draw = DrawNow();
        return Loss(draw.choices, draw.cost_probability_lc);
      };
      for (size_t l = 0; l < alpha().layers(); ++l) {
        at::Tensor expected = at::zeros_like(found[l]);
        for (int64_t c = 0; c < expected.numel(); ++c) expected[c] = Slope(alpha().alpha(l), c, loss);
        test::ExpectClose(found[l], expected, 3e-7, 1e-6);
      }
      EXPECT_GT(found[0].abs().max().item<double>(), 1e-4);
    }
  }
}

TEST_F(Learners, SoftmaxDrawsNothing) {
  config_.search.learner = LearnerKind::kSoftmax;
  const Draw first = DrawNow();
  state_.draws = 7;
  const Draw second = DrawNow();
  for (size_t l = 0; l < alpha().layers(); ++l) {
    test::ExpectSameBits(first.choices[l].probability_c, second.choices[l].probability_c);
    test::ExpectClose(first.choices[l].probability_c, at::softmax(alpha().alpha(l), 0), 1e-15);
  }
}

TEST_F(Learners, FullGatesHaveTheGradientOfProxylessNas) {
  config_.search.learner = LearnerKind::kProxyless;
  config_.search.proxyless_gates = ProxylessGates::kFull;
  ExpectGradientsByTheFormula();
}

TEST_F(Learners, TwoGatesHaveItWithinThePair) {
  config_.search.learner = LearnerKind::kProxyless;
  ExpectGradientsByTheFormula();
}

// The mean of the greatest cost is linear in each layer's probabilities, as that of the sum is.
TEST_F(Learners, GatesHaveItWhereTheGreatestCostCounts) {
  config_.search.learner = LearnerKind::kProxyless;
  state_.costs.fold = CostFold::kMax;
  state_.costs.fixed = 0;
  state_.branches[0].costs = state_.costs;
  config_.search.budget.value = 0.7 * state_.costs.Mean();
  for (const ProxylessGates gates : {ProxylessGates::kFull, ProxylessGates::kTwo}) {
    config_.search.proxyless_gates = gates;
    ExpectGradientsByTheFormula();
  }
}

TEST_F(Learners, GatesAreOneHotAndTheCostIsOverSoftmax) {
  config_.search.learner = LearnerKind::kProxyless;
  for (const ProxylessGates gates : {ProxylessGates::kFull, ProxylessGates::kTwo}) {
    config_.search.proxyless_gates = gates;
    for (int64_t number = 0; number < 20; ++number) {
      state_.draws = number;
      const Draw draw = DrawNow();
      for (size_t l = 0; l < alpha().layers(); ++l) {
        const LayerChoice& choice = draw.choices[l];
        at::Tensor one_hot = at::zeros_like(choice.probability_c);
        one_hot[static_cast<int64_t>(ActiveOf(choice))] = 1;
        test::ExpectSameBits(choice.probability_c, one_hot);
        EXPECT_FALSE(choice.path.has_value());
        test::ExpectSameBits(draw.cost_probability_lc[l], at::softmax(alpha().alpha(l), 0));
        const bool pair = gates == ProxylessGates::kTwo && one_hot.numel() > 1;
        EXPECT_EQ(choice.subset.size(), pair ? 2U : 0U);
        if (!pair) continue;
        EXPECT_LT(choice.subset[0], choice.subset[1]);
        EXPECT_TRUE(std::ranges::count(choice.subset, ActiveOf(choice)) == 1);
      }
    }
  }
}

// Whatever α learns: what is not sampled stays, probability, α and moments.
TEST_F(Learners, TwoGatesLeaveTheOthersProbabilities) {
  config_.search.learner = LearnerKind::kProxyless;
  config_.search.alpha_weight_decay = 0.01;
  std::vector<std::vector<int64_t>> taken_lc;
  for (const at::Tensor& alpha_c : alpha().all()) taken_lc.emplace_back(static_cast<size_t>(alpha_c.numel()), 0);
  for (int i = 0; i < 25; ++i) {
    const Draw draw = DrawNow();
    const std::vector<std::vector<double>> before = alpha().Probabilities(), values = alpha().Values();
    std::vector<at::Tensor> first, second;
    for (size_t l = 0; l < alpha().layers(); ++l) {
      first.push_back(alpha().moments().first_lc[l].clone());
      second.push_back(alpha().moments().second_lc[l].clone());
    }
    Step();
    const std::vector<std::vector<double>> after = alpha().Probabilities();
    for (size_t l = 0; l < after.size(); ++l) {
      const std::vector<size_t>& pair = draw.choices[l].subset;
      for (const size_t c : pair) ++taken_lc[l][c];
      for (size_t c = 0; c < after[l].size(); ++c) {
        SCOPED_TRACE("step " + std::to_string(i) + ", candidate " + std::to_string(c) + " of layer " +
                     std::to_string(l));
        const auto at = static_cast<int64_t>(c);
        if (std::ranges::find(pair, c) != pair.end()) {
          EXPECT_NE(after[l][c], before[l][c]);
          EXPECT_FALSE(alpha().moments().second_lc[l][at].equal(second[l][at]));
          continue;
        }
        EXPECT_NEAR(after[l][c], before[l][c], 1e-12);
        EXPECT_EQ(alpha().Values()[l][c], values[l][c]);
        test::ExpectSameBits(alpha().moments().first_lc[l][at], first[l][at]);
        test::ExpectSameBits(alpha().moments().second_lc[l][at], second[l][at]);
      }
    }
  }
  EXPECT_EQ(alpha().moments().steps_lc, taken_lc);
  EXPECT_EQ(alpha().moments().steps, 25);
}

// Within a pair α moves as Adam says: its difference by twice the rate in a first step.
TEST_F(Learners, TwoGatesMoveThePairByAdam) {
  config_.search.learner = LearnerKind::kProxyless;
  config_.search.alpha_beta1 = 0;
  const std::vector<size_t> pair = DrawNow().choices[0].subset;
  std::vector<double> gradient;
  {
    const ArchitectureScope scope(state_, state_.branches[0]);
    const at::Tensor found = GradientsOfStep()[0];
    for (const size_t c : pair) gradient.push_back(found[static_cast<int64_t>(c)].item<double>());
  }
  const auto difference = [&] { return alpha().Values()[0][pair[1]] - alpha().Values()[0][pair[0]]; };
  const double before = difference();
  EXPECT_NEAR(gradient[0], -gradient[1], 1e-15);
  Step();
  EXPECT_NEAR(difference() - before, (gradient[1] < 0 ? 2 : -2) * config_.search.alpha_lr, 1e-5);
}

// χ² of so many kinds of draws, each with its expected share.
double ChiSquare(const std::map<std::pair<size_t, size_t>, double>& share,
                 const std::map<std::pair<size_t, size_t>, int>& count, int draws) {
  double sum = 0;
  for (const auto& [kind, expected] : share) {
    const auto found = count.find(kind);
    const double observed = found == count.end() ? 0 : found->second;
    sum += (observed - draws * expected) * (observed - draws * expected) / (draws * expected);
  }
  return sum;
}

// One of a thousand seeds is above the bounds, which are those of 3 and of 11 degrees of freedom.
TEST_F(Learners, GatesAreDrawnBySoftmax) {
  constexpr int kDraws = 12000;
  config_.search.learner = LearnerKind::kProxyless;
  config_.search.proxyless_gates = ProxylessGates::kFull;
  const std::vector<double> p = alpha().Probabilities()[0];
  std::map<std::pair<size_t, size_t>, double> share;
  std::map<std::pair<size_t, size_t>, int> count;
  for (size_t i = 0; i < 4; ++i) share[{i, i}] = p[i];
  for (state_.draws = 0; state_.draws < kDraws; ++state_.draws) {
    const size_t active = ActiveOf(DrawNow().choices[0]);
    ++count[{active, active}];
  }
  EXPECT_LT(ChiSquare(share, count, kDraws), 16.27);

  // Of two: the active candidate and the other one.
  config_.search.proxyless_gates = ProxylessGates::kTwo;
  share.clear();
  count.clear();
  for (size_t i = 0; i < 4; ++i) {
    for (size_t j = 0; j < 4; ++j) {
      if (i == j) continue;
      const double pair = p[i] * p[j] / (1 - p[i]) + p[j] * p[i] / (1 - p[j]);
      share[{i, j}] = pair * p[i] / (p[i] + p[j]);
    }
  }
  for (state_.draws = 0; state_.draws < kDraws; ++state_.draws) {
    const LayerChoice choice = DrawNow().choices[0];
    const size_t active = ActiveOf(choice);
    ++count[{active, choice.subset[choice.subset[0] == active ? 1 : 0]}];
  }
  EXPECT_EQ(count.size(), share.size());
  EXPECT_LT(ChiSquare(share, count, kDraws), 31.26);
}

// An α far below the others leaves no probability that a number could hold: there are two candidates all the same.
TEST_F(Learners, TwoGatesDrawTwoHoweverFarApart) {
  config_.search.learner = LearnerKind::kProxyless;
  const at::NoGradGuard no_grad;
  alpha().alpha(0).copy_(at::tensor({0.0, 5000.0, -1000.0, -3000.0}, at::kDouble));
  for (state_.draws = 0; state_.draws < 50; ++state_.draws) {
    const LayerChoice choice = DrawNow().choices[0];
    EXPECT_EQ(choice.subset, (std::vector<size_t>{0, 1}));
    EXPECT_EQ(ActiveOf(choice), 1U);
  }
}

TEST_F(Learners, DrawsAreFixedByTheirNumber) {
  config_.search.learner = LearnerKind::kProxyless;
  const ArchParameters even(test::SpaceWithCounts(std::vector<size_t>(12, 6)));
  for (const ProxylessGates gates : {ProxylessGates::kFull, ProxylessGates::kTwo}) {
    config_.search.proxyless_gates = gates;
    const auto active = [&](const DrawNumber& number) {
      std::vector<size_t> active_l;
      for (const LayerChoice& choice : MakeLearner(config_.search)->DrawFor(even, number, 1, at::kCPU).choices) {
        active_l.push_back(ActiveOf(choice));
      }
      return active_l;
    };
    const std::vector<size_t> one = active({.seed = 3, .draw = 17});
    EXPECT_EQ(active({.seed = 3, .draw = 17}), one);
    EXPECT_NE(active({.seed = 4, .draw = 17}), one);
    EXPECT_NE(active({.seed = 3, .draw = 18}), one);
    EXPECT_NE(active({.seed = 3, .draw = 17, .rank = 1}), one);
    EXPECT_NE(active({.seed = 3, .draw = 17, .first_image = 8}), one);
    EXPECT_NE(std::ranges::count(one, one[0]), std::ssize(one));  // each layer has its own
  }
}

// What a candidate's moments are corrected by is in the state: a run that goes on from it takes the same steps.
TEST_F(Learners, TwoGatesGoOnFromTheirState) {
  config_.search.learner = LearnerKind::kProxyless;
  for (int i = 0; i < 7; ++i) Step();
  StateFields saved;
  alpha().Describe(saved);
  NamedTensors tensors;
  for (const auto& [name, tensor] : saved.tensors()) tensors.emplace_back(name, tensor.clone());
  SearchState other = MakeState();
  StateFields restored(tensors, saved.values(), at::kCPU);
  other.branches[0].alpha.Describe(restored);
  restored.RequireAllTaken();
  EXPECT_EQ(other.branches[0].alpha.moments().steps_lc, alpha().moments().steps_lc);
  other.draws = state_.draws;
  for (int i = 0; i < 5; ++i) Step();
  const std::vector<std::vector<double>> through = alpha().Values();
  std::swap(state_, other);
  for (int i = 0; i < 5; ++i) Step();
  EXPECT_EQ(alpha().Values(), through);

  Json values = saved.values();
  values["candidate_steps"][0].erase(0);
  StateFields torn(tensors, values, at::kCPU);
  test::ExpectErrorContains<CheckpointError>([&] { alpha().Describe(torn); }, {"candidate_steps"});
}

}  // namespace
}  // namespace danas
