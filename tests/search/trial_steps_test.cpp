#include "danas/search/trial_steps.h"

#include <gtest/gtest.h>

#include "danas/nn/state.h"
#include "tests/search/search_support.h"
#include "tests/search/space_support.h"
#include "tests/support/torch_support.h"

namespace danas::test {
namespace {

SearchState StateFor(const Config& config) {
  return MakeSearchState(config, SpaceWithCounts({2, 1, 3}), *MakeMacsModel(), RateSchedule(config.train, 0, 10),
                         at::kCPU, Ranks());
}

TEST(MakeSearchState, AveragesTheWeightsWhereScoresOrTheRecipeWantThat) {
  Config config = SmallConfig();
  EXPECT_FALSE(StateFor(config).training.ema.has_value());
  config.train.ema_decay = 0.99;
  EXPECT_EQ(StateFor(config).training.recipe.ema_decay, 0.99);
  config.search.scoring.ema = 0.9;
  const SearchState state = StateFor(config);
  EXPECT_TRUE(state.training.ema.has_value());
  EXPECT_EQ(state.training.recipe.ema_decay, 0.9);
}

TEST(MakeSearchState, SaysWhetherAStepMayLeaveWeightsUnused) {
  Config config = SmallConfig();
  EXPECT_FALSE(StateFor(config).training.shared.paths_vary);
  config.search.paths = WeightPathKind::kUniform;
  EXPECT_TRUE(StateFor(config).training.shared.paths_vary);
  config.search.paths = WeightPathKind::kGumbel;
  config.search.budgets = {{100e3}, {200e3}};
  const SearchState state = StateFor(config);
  EXPECT_TRUE(state.training.shared.paths_vary);
  EXPECT_EQ(state.branches.size(), 2u);
}

TEST(MakeSearchState, ScalesTheLossInHalfPrecision) {
  Config config = SmallConfig();
  EXPECT_FALSE(StateFor(config).training.scaler.enabled());
  config.runtime.amp = AmpKind::kFp16;
  EXPECT_TRUE(StateFor(config).training.scaler.enabled());
}

// What such a step is timed with is what a search's has, but the weights stay.
TEST(TrialSteps, ClipAverageAndLeaveTheWeights) {
  Config config = SmallConfig();
  config.search.budget.value = 300e3;
  config.search.scoring.ema = 0.9;
  config.train.clip_norm = 1e-3;
  TrialSteps trial(config, SpaceWithCounts({2, 1, 3}), *MakeMacsModel(), at::kCPU, 8);
  const WeightTraining& training = trial.state().training;
  std::vector<at::Tensor> before;
  for (const at::Tensor& weight : trial.state().supernet->parameters()) before.push_back(weight.detach().clone());
  trial.StepWeights();
  ASSERT_TRUE(training.ema.has_value());
  EXPECT_EQ(training.ema->updates(), 1);
  at::Tensor squares = at::zeros({}, at::kDouble);  // momentum is at first the gradient: clipped, with weight decay
  for (const auto& [name, momentum] : training.optimizer.Momentum()) squares += momentum.to(at::kDouble).square().sum();
  at::Tensor decay = at::zeros({}, at::kDouble);
  for (const at::Tensor& weight : before) decay += (config.train.weight_decay * weight.to(at::kDouble)).square().sum();
  EXPECT_GT(squares.item<double>(), 0);
  EXPECT_LE(squares.sqrt().item<double>(), (config.train.clip_norm + decay.sqrt().item<double>()) * 1.001);
  trial.StepArchitecture();
  trial.StepWeights();
  EXPECT_EQ(training.ema->updates(), 2);
  EXPECT_EQ(training.step, 2);
  EXPECT_EQ(trial.state().alpha_steps, 1);
  const std::vector<at::Tensor> after = trial.state().supernet->parameters();
  ASSERT_EQ(after.size(), before.size());
  for (size_t i = 0; i < before.size(); ++i) ExpectSameBits(after[i].detach(), before[i]);
}

}  // namespace
}  // namespace danas::test
