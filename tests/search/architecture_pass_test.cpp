#include "danas/search/architecture_pass.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "danas/core/error.h"
#include "danas/nn/norm.h"
#include "danas/nn/state.h"
#include "danas/search/budgets.h"
#include "danas/search/cost_loss.h"
#include "danas/tasks/classification/class_loss.h"
#include "tests/search/search_support.h"
#include "tests/search/space_support.h"
#include "tests/support/test_support.h"
#include "tests/support/torch_support.h"
#include "tests/train/train_support.h"

namespace danas {
namespace {

class ArchitecturePass : public testing::Test {
 protected:
  ArchitecturePass() : config_(test::SmallConfig()), state_(Fresh()) { config_.search.budget.value = 300e3; }

  SearchState Fresh(int64_t seed = 1) const {
    const SearchSpace space = test::SpaceWithCounts({4, 1, 3});
    SearchState state{
        .supernet = std::make_shared<Supernet>(space, SupernetOptions{}),
        .costs = MakeCostTable(*MakeMacsModel(), space),
        .branches = {},
        .training = WeightTraining(config_.train, config_.runtime, 0, RateSchedule(config_.train, 0, 10), at::kCPU)};
    state.branches.push_back(WholeBranch("", state.supernet, state.costs, at::kFloat));
    InitializeWeights(*state.supernet, seed);
    state.training.Bind(*state.supernet);
    return state;
  }

  static Batch MakeBatch(int64_t images) {
    return {test::RandomTensor({images, 3, 8, 8}, 5, at::kFloat).contiguous(at::MemoryFormat::ChannelsLast),
            at::arange(images, at::kLong).remainder(4)};
  }

  StepResult Step(SearchState& state, const Batch& batch) {
    const ArchitectureScope scope(state, state.branches[0]);
    ArchitectureTotals totals;
    ArchitectureStep step(state, state.branches[0], config_, 4, totals);
    StepResult result = step.Compute(batch);
    step.Apply();
    return result;
  }

  Config config_;
  SearchState state_;
};

std::vector<at::Tensor> Copies(const torch::nn::Module& module) {
  std::vector<at::Tensor> copies;
  for (const auto& [name, tensor] : StateOf(module)) copies.push_back(tensor.clone());
  return copies;
}

TEST_F(ArchitecturePass, MovesAlphaAndNothingElse) {
  const std::vector<at::Tensor> before = Copies(*state_.supernet);
  for (int i = 0; i < 3; ++i) Step(state_, MakeBatch(8));
  const std::vector<at::Tensor> after = Copies(*state_.supernet);  // weights and batch norm's statistics
  ASSERT_EQ(after.size(), before.size());
  for (size_t i = 0; i < before.size(); ++i) test::ExpectSameBits(after[i], before[i]);
  EXPECT_GT(state_.branches[0].alpha.alpha(0).abs().max().item<float>(), 0);
  EXPECT_EQ(state_.branches[0].alpha.alpha(1).item<float>(), 0);  // a layer without a choice
  EXPECT_EQ(state_.alpha_steps, 3);
  EXPECT_EQ(state_.draws, 3);
}

TEST_F(ArchitecturePass, WantsNoWeightGradientAndSetsAllBack) {
  {
    const ArchitectureScope scope(state_, state_.branches[0]);
    for (const at::Tensor& weight : state_.supernet->parameters()) EXPECT_FALSE(weight.requires_grad());
    EXPECT_FALSE(state_.supernet->is_training());
    ArchitectureTotals totals;
    ArchitectureStep step(state_, state_.branches[0], config_, 4, totals);
    step.Compute(MakeBatch(8));
    EXPECT_TRUE(state_.branches[0].alpha.HasGradient());
    for (const at::Tensor& weight : state_.supernet->parameters()) EXPECT_FALSE(weight.grad().defined());
  }
  EXPECT_FALSE(state_.branches[0].alpha.HasGradient());
  EXPECT_FALSE(state_.branches[0].alpha.alpha(0).requires_grad());
  EXPECT_TRUE(state_.supernet->is_training());
  for (const at::Tensor& weight : state_.supernet->parameters()) EXPECT_TRUE(weight.requires_grad());
  for (const auto& module : state_.supernet->modules()) {
    const auto* norm = dynamic_cast<const BatchNorm*>(module.get());
    EXPECT_TRUE(norm == nullptr || norm->mode() == NormMode::kBatch);
  }
}

TEST_F(ArchitecturePass, RefusesAWeightGradient) {
  const ArchitectureScope scope(state_, state_.branches[0]);
  for (at::Tensor& weight : state_.supernet->parameters()) weight.set_requires_grad(true);
  ArchitectureTotals totals;
  ArchitectureStep step(state_, state_.branches[0], config_, 4, totals);
  test::ExpectErrorContains<std::logic_error>([&] { step.Compute(MakeBatch(8)); }, {"gradient of a weight"});
}

TEST_F(ArchitecturePass, AnotherDrawGivesAnotherGradient) {
  SearchState other = Fresh();
  other.draws = 1;
  Step(state_, MakeBatch(8));
  Step(other, MakeBatch(8));
  EXPECT_FALSE(state_.branches[0].alpha.moments().first_lc[0].equal(other.branches[0].alpha.moments().first_lc[0]));
}

TEST_F(ArchitecturePass, PartsOfABatchShareOneDrawAndAddUp) {
  // Batch norm sees each part for itself, so that parts equal the whole only where all parts are alike.
  const Batch part = MakeBatch(4);
  const Batch whole{at::cat({part.images, part.images}), at::cat({part.targets, part.targets})};
  for (const LossKind kind : {LossKind::kPaperLog, LossKind::kAddAbs}) {
    config_.search.loss.kind = kind;
    SearchState at_once = Fresh(), in_parts = Fresh();
    config_.train.micro_batch = 0;
    const StepResult once = Step(at_once, whole);
    config_.train.micro_batch = 4;
    const StepResult parts = Step(in_parts, whole);
    test::ExpectClose(parts.loss_sum, once.loss_sum, 1e-5);
    // Adam's first moment after one step is (1 - β1) times the gradient.
    for (const size_t l : {size_t{0}, size_t{2}}) {
      test::ExpectClose(in_parts.branches[0].alpha.moments().first_lc[l],
                        at_once.branches[0].alpha.moments().first_lc[l], 1e-6);
    }
  }
}

// The gradient is the mean of those that the parts would give alone, each with its own draw and cost.
TEST_F(ArchitecturePass, PartsWithTheirOwnDrawsAreAveraged) {
  config_.search.loss.kind = LossKind::kAddAbs;
  const Batch batch = MakeBatch(12);
  const auto first_moment = [](const SearchState& state) {
    return state.branches[0].alpha.moments().first_lc[0].clone();
  };
  SearchState shared = Fresh(), own = Fresh(), again = Fresh();
  config_.search.alpha_micro_batch = 4;
  Step(shared, batch);
  config_.search.relaxation.draws = RelaxationDraws::kMicroBatch;
  Step(own, batch);
  Step(again, batch);
  test::ExpectSameBits(first_moment(own), first_moment(again));
  EXPECT_FALSE(first_moment(own).equal(first_moment(shared)));

  at::Tensor sum = at::zeros({4});
  for (const int64_t first : {0, 4, 8}) {
    SearchState state = Fresh();
    const ArchitectureScope scope(state, state.branches[0]);
    const Draw draw = DrawChoices(state.branches[0].alpha, config_.search.relaxation, Pass::kArchitecture,
                                  {.seed = config_.seed, .draw = 0, .first_image = first}, at::kCPU);
    const at::Tensor logits = state.supernet->forward(batch.images.narrow(0, first, 4), draw.choices);
    const at::Tensor loss = ClassLossSum(logits, batch.targets.narrow(0, first, 4), 4, 0) / 4;
    CostAwareLoss(loss, ExpectedCost(draw.cost_probability_lc, state.costs), config_.search.budget.value,
                  config_.search.loss)
        .backward();
    sum += state.branches[0].alpha.alpha(0).grad() / 3;
  }
  test::ExpectClose(first_moment(own), (1 - config_.search.alpha_beta1) * sum, 1e-6);
}

TEST_F(ArchitecturePass, HardDrawsGiveAGradientInBothForms) {
  config_.search.relaxation.hard = true;
  for (const HardAlpha form : {HardAlpha::kAll, HardAlpha::kOne}) {
    config_.search.relaxation.hard_alpha = form;
    SearchState state = Fresh();
    Step(state, MakeBatch(8));
    EXPECT_GT(state.branches[0].alpha.alpha(0).abs().max().item<float>(), 0) << NameOf(form);
  }
}

// bf16 has 8 bits: each rounding is off by up to 0.4 %, and α's gradient is a difference between candidates. Roundings
// average out over images where the gradient does not: hence a batch of the size that searches use, of images that tell
// their class. (A batch of 16 is off by 0.2 to 9 %.)
TEST_F(ArchitecturePass, Bf16AgreesOnTheGradientOfAlpha) {
  Batch batch = MakeBatch(256);
  batch.images.select(1, 0).add_((batch.targets.to(at::kFloat) / 2).view({-1, 1, 1}));
  for (const int64_t seed : {1, 2, 3, 4}) {
    SearchState plain = Fresh(seed), half = Fresh(seed);
    config_.runtime.amp = AmpKind::kNone;
    Step(plain, batch);
    config_.runtime.amp = AmpKind::kBf16;
    Step(half, batch);
    at::Tensor difference = at::zeros({}), size = at::zeros({});
    for (size_t l = 0; l < plain.branches[0].alpha.layers(); ++l) {
      EXPECT_EQ(half.branches[0].alpha.alpha(l).scalar_type(), at::kFloat);
      difference +=
          (half.branches[0].alpha.moments().first_lc[l] - plain.branches[0].alpha.moments().first_lc[l]).square().sum();
      size += plain.branches[0].alpha.moments().first_lc[l].square().sum();
    }
    const double error = (difference / size).sqrt().item<double>();
    EXPECT_LT(error, 0.02) << "weights " << seed;
    EXPECT_GT(error, 0) << "nothing ran in bf16";
  }
}

// The scale is a power of two; the forward pass is in float here.
TEST_F(ArchitecturePass, AScalersStepIsThatWithoutOneAndLeftOutWhereAGradientIsNotFinite) {
  SearchState plain = Fresh();
  config_.runtime.amp = AmpKind::kFp16;
  SearchState scaled = Fresh();
  config_.runtime.amp = AmpKind::kNone;
  Step(plain, MakeBatch(8));
  Step(scaled, MakeBatch(8));
  const auto alpha = [](const SearchState& state) { return state.branches[0].alpha.alpha(0).detach().clone(); };
  test::ExpectClose(alpha(scaled), alpha(plain), 1e-6);
  const at::Tensor before = alpha(scaled);
  {
    const at::NoGradGuard no_grad;
    scaled.supernet->parameters().back().fill_(std::numeric_limits<double>::quiet_NaN());
  }
  Step(scaled, MakeBatch(8));
  test::ExpectSameBits(alpha(scaled), before);
  EXPECT_EQ(scaled.training.scaler.scale().item<float>(), 32768);
  EXPECT_EQ(scaled.alpha_steps, 1);
  EXPECT_EQ(scaled.draws, 2);
}

TEST_F(ArchitecturePass, CostMovesAlphaEvenWhereTheClassLossDoesNot) {
  // Layers whose candidates all give the same: their difference is their cost alone.
  config_.search.budget.value = 1e3;  // below every network: down
  SearchState state = Fresh();
  const at::NoGradGuard no_grad;
  for (at::Tensor& weight : state.supernet->parameters()) weight.zero_();
  {
    const at::AutoGradMode grad(true);
    for (int i = 0; i < 20; ++i) Step(state, MakeBatch(8));
  }
  const std::vector<double> alpha = state.branches[0].alpha.Values()[0];
  const std::vector<double>& cost = state.costs.candidates_lc[0];
  const size_t dearest = static_cast<size_t>(std::max_element(cost.begin(), cost.end()) - cost.begin());
  const size_t cheapest = static_cast<size_t>(std::min_element(cost.begin(), cost.end()) - cost.begin());
  EXPECT_GT(alpha[cheapest], alpha[dearest]);
}

TEST_F(ArchitecturePass, StepsBetweenWeightStepsSkipOrStopAsThePassesDo) {
  for (const OnNonFinite choice : {OnNonFinite::kSkip, OnNonFinite::kStop}) {
    config_.train.on_nonfinite = choice;
    SearchState state = Fresh();
    Loader loader = test::StripeLoader(24, 4);
    InterleavedPosition position;
    InterleavedArchitecture interleaved(state, state.branches[0], config_, 4, loader, "step1, architecture", position);
    interleaved.Step();
    const at::Tensor alpha = state.branches[0].alpha.alpha(0).detach().clone();
    {
      const at::NoGradGuard no_grad;
      state.supernet->parameters().back().fill_(std::numeric_limits<double>::quiet_NaN());
    }
    if (choice == OnNonFinite::kStop) {
      test::ExpectErrorContains<NumericError>(
          [&] { interleaved.Step(); },
          {"step1, architecture: the loss of batch 2 is", "nan, not a finite number", "Lower the learning rate"});
      continue;
    }
    interleaved.Step();
    test::ExpectSameBits(state.branches[0].alpha.alpha(0).detach(), alpha);
    EXPECT_EQ(state.alpha_steps, 1);
    EXPECT_EQ(state.draws, 2);
    const ArchitectureResult result = interleaved.Finish();
    EXPECT_EQ(result.pass.steps, 2);
    EXPECT_EQ(result.pass.skipped, 1);
    EXPECT_EQ(result.pass.images, 8);
    EXPECT_TRUE(std::isfinite(result.pass.loss));
  }
}

}  // namespace
}  // namespace danas
