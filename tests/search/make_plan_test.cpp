#include "danas/search/make_plan.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <cmath>
#include <fstream>
#include <iostream>

#include "danas/core/error.h"
#include "danas/nn/fused_layer.h"
#include "danas/nn/norm.h"
#include "danas/run/memory.h"
#include "danas/search/architecture_pass.h"
#include "danas/search/budgets.h"
#include "danas/search/memory_estimate.h"
#include "danas/search/score.h"
#include "danas/tasks/classification/class_loss.h"
#include "tests/search/search_support.h"
#include "tests/search/space_support.h"
#include "tests/support/sanitizer.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

Config PlanConfig() {
  Config config = test::SmallConfig();
  config.search.budget.value = 300e3;
  return config;
}

TEST(BatchesOf, JoinsALoneLastImage) {
  EXPECT_EQ(BatchesOf(0, 16), 0);
  EXPECT_EQ(BatchesOf(1, 16), 1);
  EXPECT_EQ(BatchesOf(16, 16), 1);
  EXPECT_EQ(BatchesOf(17, 16), 1);
  EXPECT_EQ(BatchesOf(18, 16), 2);
}

TEST(EvenCounts, AreThoseOfTheSplit) {
  DataConfig data;
  data.validation_fraction = 0.25;
  ClassCounts counts = EvenCounts(25, 3, data);
  EXPECT_EQ(counts.weights, std::vector<int64_t>(3, 6));
  EXPECT_EQ(counts.architecture, std::vector<int64_t>(3, 2));
  data.search_images_per_class = 4;
  EXPECT_EQ(EvenCounts(25, 3, data).weights, std::vector<int64_t>(3, 3));
  data = {};
  data.validation_fraction = 0;
  data.validation_per_class = 50;
  counts = EvenCounts(1281167, 1000, data);
  EXPECT_EQ(counts.weights, std::vector<int64_t>(1000, 1231));
  EXPECT_EQ(counts.architecture, std::vector<int64_t>(1000, 50));
}

TEST(EvenCounts, LeaveOneOfEachClassForTheWeights) {
  DataConfig data;
  data.validation_fraction = 0.25;
  EXPECT_EQ(EvenCounts(6, 3, data).architecture, std::vector<int64_t>(3, 1));  // a share is one image at least
  const std::string each = "images are 1 of each of 3 classes";
  test::ExpectErrorContains<ConfigError>([&] { EvenCounts(3, 3, data); }, {"--images: 3", each, "Give more images"});
  data.validation_fraction = 0;
  data.validation_per_class = 50;
  test::ExpectErrorContains<ConfigError>([&] { EvenCounts(150, 3, data); }, {"take 50 of them"});
}

TEST(MakeSearchPlan, CountsPhaseByPhase) {
  const SearchSpace space = test::SpaceWithCounts({6, 6, 1});
  const ClassCounts counts{.weights = {30, 20, 40, 10}, .architecture = {16, 8, 8, 4}};
  const SearchPlan plan = MakeSearchPlan(PlanConfig(), space, *MakeMacsModel(), counts, at::kCPU);
  ASSERT_EQ(plan.phases.size(), 4u);
  const std::vector<int64_t> images = {50, 90, 100, 100}, steps = {4, 12, 14, 14}, alpha = {0, 4, 6, 6};
  const std::vector<double> candidates = {13, 13, 9, 5};  // 6, 6, 4, 2 in two layers, and the fixed one
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(plan.phases[i].weight_images, images[i]) << i;
    EXPECT_EQ(plan.phases[i].weight_steps, steps[i]) << i;
    EXPECT_EQ(plan.phases[i].alpha_steps, alpha[i]) << i;
    EXPECT_DOUBLE_EQ(plan.phases[i].candidates, candidates[i] / 3) << i;
    EXPECT_EQ(plan.phases[i].cuts, i == 0 ? 0 : 2) << i;
  }
  EXPECT_EQ(plan.alpha_steps(), 16);
  EXPECT_EQ(plan.images(), 50 + 2 * (90 + 100 + 100));
  EXPECT_EQ(plan.seconds(), 0);
  EXPECT_EQ(plan.searchable_layers, 2);
}

// Networks that may be scored at the end: those of the band, no more than the prunings leave, no more than are asked
// for.
TEST(MakeSearchPlan, CountsWhatTheLastChoiceScores) {
  const SearchSpace space = test::SpaceWithCounts({6, 6, 1});
  const CostTable costs = MakeCostTable(*MakeMacsModel(), space);
  const ClassCounts counts{.weights = {30, 20, 40, 10}, .architecture = {16, 8, 8, 4}};
  Config config = PlanConfig();
  config.search.budget.value = costs.Most();
  config.search.budget_min.value = costs.Least();
  const auto plan = [&] { return MakeSearchPlan(config, space, *MakeMacsModel(), counts, at::kCPU).final; };
  EXPECT_EQ(plan().networks, 0);
  config.search.final = FinalChoiceKind::kScored;
  config.search.pruning.ratio = 0.2;  // 6, 5, 4, 3
  EXPECT_EQ(plan().networks, 9);
  EXPECT_EQ(plan().images, 36);  // all
  EXPECT_EQ(plan().finalists, 8);
  const double mean_path = costs.Mean();
  EXPECT_NEAR(plan().macs, (9 * 36 + 8 * 36) * mean_path, 0.5 * plan().macs);
  config.search.pruning.certain = 2;  // any cut may be put off
  EXPECT_EQ(plan().networks, 36);
  config.search.final_networks = 20;
  EXPECT_EQ(plan().networks, 20);
  config.search.final_source = FinalSource::kEvolution;
  EXPECT_EQ(plan().networks, 20 * 50);
  config.search.final_source = FinalSource::kRandom;
  EXPECT_EQ(plan().networks, 20);
}

TEST(MakeSearchPlan, WorkIsTheSumOverCandidates) {
  const SearchSpace space = test::SpaceWithCounts({6, 4});
  const CostTable macs = MakeCostTable(*MakeMacsModel(), space);
  double all = macs.fixed;
  for (const std::vector<double>& layer : macs.candidates_lc) {
    for (const double cost : layer) all += cost;
  }
  Config config = PlanConfig();
  const SearchPlan soft = MakeSearchPlan(config, space, *MakeMacsModel(), {}, at::kCPU);
  EXPECT_NEAR(soft.phases[0].macs_per_image, all, 1e-6 * all);
  EXPECT_NEAR(soft.phases[0].macs_per_step, 3 * 16 * all, 1e-6 * all);
  config.search.relaxation.hard = true;
  EXPECT_NEAR(MakeSearchPlan(config, space, *MakeMacsModel(), {}, at::kCPU).phases[0].macs_per_image, macs.Mean(),
              1e-3);
}

// Of an α step: all candidates, or with two gates two of each layer that has a choice.
TEST(MakeSearchPlan, KnowsWhatTheLearnersCompute) {
  const SearchSpace space = test::SpaceWithCounts({6, 4, 1, 2});
  const CostTable macs = MakeCostTable(*MakeMacsModel(), space);
  const ClassCounts counts{.weights = {30, 20, 40, 10}, .architecture = {16, 8, 8, 4}};
  Config config = PlanConfig();
  config.search.pruning.ratio = 0;
  const auto plan = [&] { return MakeSearchPlan(config, space, *MakeMacsModel(), counts, at::kCPU).phases[1]; };
  const PhasePlan gumbel = plan();
  config.search.learner = LearnerKind::kSoftmax;
  EXPECT_EQ(plan().alpha_macs_per_image, gumbel.alpha_macs_per_image);
  EXPECT_EQ(plan().memory_bytes, gumbel.memory_bytes);
  config.search.learner = LearnerKind::kProxyless;
  config.search.proxyless_gates = ProxylessGates::kFull;
  EXPECT_EQ(plan().alpha_macs_per_image, gumbel.alpha_macs_per_image);
  config.search.proxyless_gates = ProxylessGates::kTwo;
  double two = macs.fixed;
  for (const std::vector<double>& cost_c : macs.candidates_lc) {
    const auto count = static_cast<double>(cost_c.size());
    for (const double cost : cost_c) two += cost * std::min(2.0, count) / count;
  }
  EXPECT_NEAR(plan().alpha_macs_per_image, two, 1e-9 * two);
  EXPECT_EQ(plan().macs_per_image, gumbel.macs_per_image);
  EXPECT_EQ(plan().alpha_steps, gumbel.alpha_steps);
  // Single paths leave the α step as the one that takes most.
  config.search.paths = WeightPathKind::kUniform;
  config.search.paths_band = false;
  const double with_two = plan().memory_bytes;
  config.search.proxyless_gates = ProxylessGates::kFull;
  EXPECT_LT(with_two, plan().memory_bytes);
  config.search.learner = LearnerKind::kNone;
  EXPECT_EQ(plan().alpha_passes, 0);
  EXPECT_EQ(plan().alpha_steps, 0);
  EXPECT_LT(plan().memory_bytes, with_two);
}

TEST(MakeSearchPlan, APathCostsWhatItsMacsAre) {
  const SearchSpace space = test::SpaceWithCounts({6, 3, 6, 6});
  const CostTable macs = MakeCostTable(*MakeMacsModel(), space);
  Config config = PlanConfig();
  const auto plan = [&] { return MakeSearchPlan(config, space, *MakeMacsModel(), {}, at::kCPU, StepTimes{1, 1}); };
  const SearchPlan soft = plan();
  EXPECT_EQ(soft.phases[0].paths_per_step, 0);
  EXPECT_EQ(soft.phases[0].alpha_macs_per_image, soft.phases[0].macs_per_image);

  config.search.paths = WeightPathKind::kUniform;
  config.search.paths_band = false;
  const SearchPlan any = plan();
  EXPECT_EQ(any.phases[0].paths_per_step, 1);
  EXPECT_NEAR(any.phases[0].macs_per_image, macs.Mean(), 1e-9 * macs.Mean());
  EXPECT_EQ(any.phases[0].alpha_macs_per_image, soft.phases[0].macs_per_image);
  EXPECT_EQ(any.path_cost_most, 0);
  EXPECT_LT(any.phases[0].memory_bytes, soft.phases[0].memory_bytes);

  config.search.paths_band = true;
  config.search.budget.value = 0.8 * macs.Mean();
  config.search.budget_min.value = 0.7 * macs.Mean();
  config.search.budget_max.value = 0.9 * macs.Mean();
  const SearchPlan within = plan();
  EXPECT_GE(within.phases[0].macs_per_image, 0.7 * macs.Mean());
  EXPECT_LE(within.phases[0].macs_per_image, 0.9 * macs.Mean());
  EXPECT_EQ(within.path_cost_least, 0.7 * macs.Mean());
  EXPECT_EQ(within.path_cost_most, 0.9 * macs.Mean());
  EXPECT_NEAR(within.phases[0].macs_per_step, 3 * 16 * within.phases[0].macs_per_image, 1);

  config.search.paths = WeightPathKind::kBinned;  // as often in each part of the band
  const SearchPlan binned = plan();
  EXPECT_EQ(binned.phases[0].paths_per_step, 1);
  EXPECT_NEAR(binned.phases[0].macs_per_image, 0.8 * macs.Mean(), 0.002 * macs.Mean());
  EXPECT_GT(std::abs(within.phases[0].macs_per_image - 0.8 * macs.Mean()), 0.004 * macs.Mean());
  EXPECT_EQ(binned.path_cost_most, 0.9 * macs.Mean());
  EXPECT_EQ(binned.phases[0].memory_bytes, within.phases[0].memory_bytes);

  config.search.paths = WeightPathKind::kBinarised;  // of α as it begins; whatever the band
  const SearchPlan binarised = plan();
  EXPECT_EQ(binarised.phases[0].paths_per_step, 1);
  EXPECT_NEAR(binarised.phases[0].macs_per_image, macs.Mean(), 1e-9 * macs.Mean());
  EXPECT_EQ(binarised.path_cost_most, 0);
  EXPECT_EQ(binarised.phases[0].memory_bytes, within.phases[0].memory_bytes);

  config.search.paths = WeightPathKind::kSoftmax;
  config.search.relaxation.hard = true;  // of the Gumbel draw; with hard_alpha 'all' α's pass computes all
  const SearchPlan mixed = plan();
  EXPECT_EQ(mixed.phases[0].paths_per_step, 0);
  EXPECT_EQ(mixed.phases[0].macs_per_image, soft.phases[0].macs_per_image);
  EXPECT_EQ(mixed.phases[0].memory_bytes, soft.phases[0].memory_bytes);
  config.search.relaxation.hard = false;

  // As many paths as the largest layer has candidates, one after the other: 6, 6, 4 and 2.
  config.search.paths = WeightPathKind::kFair;
  const SearchPlan fair = plan();
  EXPECT_FALSE(fair.strictly_fair);
  const std::vector<int64_t> paths = {6, 6, 4, 2};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(fair.phases[i].paths_per_step, paths[i]);
    EXPECT_NEAR(fair.phases[i].macs_per_image / static_cast<double>(paths[i]), 0.8 * macs.Mean(), 0.1 * macs.Mean());
  }
  EXPECT_EQ(fair.phases[0].memory_bytes, within.phases[0].memory_bytes);  // one at a time
  config.search.budget.value = macs.Mean();
  config.search.budget_max.value = 1.2 * macs.Mean();
  EXPECT_TRUE(plan().strictly_fair);
}

TEST(MakeSearchPlan, TimesFollowWhatWasTimed) {
  const SearchSpace space = test::SpaceWithCounts({6, 6});
  const ClassCounts counts{.weights = {30, 20, 40, 10}, .architecture = {16, 8, 8, 4}};
  Config config = PlanConfig();
  config.search.paths = WeightPathKind::kFair;
  config.search.paths_band = false;
  const SearchPlan plan =
      MakeSearchPlan(config, space, *MakeMacsModel(), counts, at::kCPU, StepTimes{.weight_seconds = 6});
  EXPECT_NEAR(plan.phases[0].seconds, 6 * 50, 1e-9);       // an image of a step takes six paths
  EXPECT_NEAR(plan.phases[2].seconds, 2 * 4 * 100, 1e-9);  // then four
}

TEST(MakeSearchPlan, CountsStepsByTheAlphaBatch) {
  Config config = PlanConfig();
  const ClassCounts counts{.weights = {30, 20, 40, 10}, .architecture = {16, 8, 8, 4}};
  const auto plan = [&] {
    return MakeSearchPlan(config, test::SpaceWithCounts({6}), *MakeMacsModel(), counts, at::kCPU);
  };
  const double memory = plan().memory_bytes();
  config.search.alpha_batch = 4;
  EXPECT_EQ(plan().phases[1].alpha_steps, 2 * 8);
  EXPECT_EQ(plan().phases[1].weight_steps, 12);
  EXPECT_LT(plan().memory_bytes(), memory);
  config.search.alpha_batch = 256;
  EXPECT_EQ(plan().phases[1].alpha_steps, 2);
  const double large = plan().memory_bytes();
  EXPECT_GT(large, 4 * memory);
  config.search.alpha_micro_batch = 64;
  EXPECT_EQ(plan().phases[1].alpha_steps, 2);
  EXPECT_LT(plan().memory_bytes(), 0.5 * large);
}

TEST(MakeSearchPlan, EveryKCountsAlphaStepsByWeightSteps) {
  Config config = PlanConfig();
  config.search.alpha_pass = AlphaPass::kEveryK;
  config.search.alpha_every = 5;
  const ClassCounts counts{.weights = {30, 20, 40, 10}, .architecture = {16, 8, 8, 4}};
  const SearchPlan plan = MakeSearchPlan(config, test::SpaceWithCounts({6}), *MakeMacsModel(), counts, at::kCPU);
  EXPECT_EQ(plan.phases[1].alpha_steps, 12 / 5);
  // Of its images an epoch sees what those steps take, not a whole pass.
  const PhasePlan& phase = plan.phases[1];
  const int64_t per_step = std::min<int64_t>(24, AlphaRecipe(config).batch);
  EXPECT_EQ(phase.architecture_images,
            std::llround(2.0 * static_cast<double>(per_step) / static_cast<double>(phase.phase.epochs)));
  config.search.alpha_every = 1000;
  const SearchPlan none = MakeSearchPlan(config, test::SpaceWithCounts({6}), *MakeMacsModel(), counts, at::kCPU);
  EXPECT_EQ(none.phases[1].architecture_images, 0);
  EXPECT_LT(none.macs(), plan.macs());
}

TEST(MakeSearchPlan, CountsWhatIsScoredForPrunings) {
  Config config = PlanConfig();
  config.search.pruning.score = PruningScore::kPaths;
  config.search.pruning.paths = 50;
  config.search.scoring.images = 20;
  const SearchSpace space = test::SpaceWithCounts({6, 6, 1});
  const ClassCounts counts{.weights = {30, 20, 40, 10}, .architecture = {8, 8, 8, 4}};
  const SearchPlan paths = MakeSearchPlan(config, space, *MakeMacsModel(), counts, at::kCPU, StepTimes{0.5, 0.25});
  EXPECT_EQ(paths.phases[0].scored, 0);
  EXPECT_EQ(paths.phases[1].scored, 50);
  EXPECT_EQ(paths.phases[1].main_effects, 1 + 5 + 5);
  EXPECT_EQ(paths.phases[1].pair_effects, 0);
  config.search.pruning.effects = PathEffects::kPairs;
  const SearchPlan pairs = MakeSearchPlan(config, space, *MakeMacsModel(), counts, at::kCPU);
  EXPECT_EQ(pairs.phases[1].pair_effects, 25);
  EXPECT_EQ(pairs.phases[2].pair_effects, 9);
  EXPECT_NEAR(paths.phases[1].scoring_macs, 50 * 20 * MakeCostTable(*MakeMacsModel(), space).Mean(), 1);
  config.search.pruning.score = PruningScore::kPerturbation;
  const SearchPlan masked = MakeSearchPlan(config, space, *MakeMacsModel(), counts, at::kCPU, StepTimes{0.5, 0.25});
  EXPECT_EQ(masked.phases[1].scored, 1 + 12);
  EXPECT_NEAR(masked.phases[1].scoring_macs, 13 * 20 * masked.phases[1].macs_per_image, 1);
  config.search.pruning.score = PruningScore::kAlpha;
  const SearchPlan alpha = MakeSearchPlan(config, space, *MakeMacsModel(), counts, at::kCPU, StepTimes{0.5, 0.25});
  EXPECT_EQ(alpha.phases[1].scoring_macs, 0);
  // A forward pass takes a third of a training step's time.
  EXPECT_NEAR(masked.phases[1].seconds - alpha.phases[1].seconds, 13 * 20 * 0.5 / 3, 1e-9);
  EXPECT_NEAR(masked.phases[1].scoring_seconds, 13 * 20 * 0.5 / 3, 1e-9);
  EXPECT_EQ(alpha.phases[1].scoring_seconds, 0);
  EXPECT_EQ(alpha.phases[1].scoring_memory_bytes, 0);
  // Weights and momentum; 20 images kept; at most all of them in one batch, and in a path's layers.
  const double image = 3.0 * space.input().height * space.input().width;
  const std::vector<double> one_l(3, 1.0);
  const Computation fused{.fused = true};
  EXPECT_NEAR(paths.phases[1].scoring_memory_bytes,
              4 * (2 * paths.phases[1].parameters + 20 * (image + ScoringElements(space, one_l, false, fused))), 1e-6);
}

TEST(MakeSearchPlan, CountsTheMemoryOfTheLastChoice) {
  const SearchSpace space = test::SpaceWithCounts({6, 6, 1});
  const ClassCounts counts{.weights = {300, 200, 400, 100}, .architecture = {160, 80, 80, 40}};
  Config config = PlanConfig();
  config.search.budget.value = MakeCostTable(*MakeMacsModel(), space).Most();
  config.search.budget_min.value = MakeCostTable(*MakeMacsModel(), space).Least();
  config.search.final = FinalChoiceKind::kScored;
  config.search.scoring = {.images = 40, .batch = 20};
  config.search.finalist_scoring_images = 40;
  const auto bytes = [&] {
    return MakeSearchPlan(config, space, *MakeMacsModel(), counts, at::kCPU).final.memory_bytes;
  };
  const double image = 4 * 3.0 * space.input().height * space.input().width, before = bytes();
  config.search.finalist_scoring_images = 100;
  EXPECT_NEAR(bytes() - before, 60 * image, 1e-6);
  config.search.scoring.statistics = ScoreStatistics::kRecalibrated;
  config.search.recalibration_images = 500;
  EXPECT_NEAR(bytes() - before, 560 * image, 1e-6);
  config.search.finalist_images = 1000;
  config.train.batch = 4096;
  EXPECT_GT(bytes() - before, 4096 * image);
}

TEST(MakeSearchPlan, ZeroRatioKeepsAllCandidates) {
  Config config = PlanConfig();
  config.search.pruning.ratio = 0;
  for (const PhasePlan& phase :
       MakeSearchPlan(config, test::SpaceWithCounts({6}), *MakeMacsModel(), {}, at::kCPU).phases) {
    EXPECT_EQ(phase.candidates, 6);
  }
}

TEST(MakeSearchPlan, RefusesABudgetThatNothingMeets) {
  Config config = PlanConfig();
  config.search.budget.value = 1000;
  test::ExpectErrorContains<ConfigError>(
      [&] { MakeSearchPlan(config, test::SpaceWithCounts({6}), *MakeMacsModel(), {}, at::kCPU); },
      {"search.budget", "1.0k MACs", "22.6k MACs to 43.2k MACs"});
}

TEST(MakeSearchPlan, TimeFollowsTheProbe) {
  const ClassCounts counts{.weights = {30, 20, 40, 10}, .architecture = {16, 8, 8, 4}};
  const SearchSpace space = test::SpaceWithCounts({6, 6});
  const SearchPlan plan = MakeSearchPlan(PlanConfig(), space, *MakeMacsModel(), counts, at::kCPU, StepTimes{0.5, 0.25});
  EXPECT_DOUBLE_EQ(plan.phases[0].seconds, 50 * 0.5);
  EXPECT_NEAR(plan.phases[1].seconds, 2 * 90 * 0.5 + 2 * 32 * 0.25, 1e-9);
  EXPECT_LT(plan.phases[3].seconds, plan.phases[2].seconds);
}

TEST(ProbeStepTimes, MeasuresBothSteps) {
  const StepTimes times = ProbeStepTimes(PlanConfig(), test::SpaceWithCounts({3, 3}), *MakeMacsModel(), at::kCPU);
  EXPECT_GT(times.weight_seconds, 0);
  EXPECT_GT(times.alpha_seconds, 0);
  EXPECT_LT(times.weight_seconds, 10);
}

TEST(ProbeStepTimes, MeasuresBothStepsOfEachLearner) {
  for (const LearnerKind learner : {LearnerKind::kSoftmax, LearnerKind::kProxyless, LearnerKind::kNone}) {
    Config config = PlanConfig();
    config.search.learner = learner;
    const StepTimes times = ProbeStepTimes(config, test::SpaceWithCounts({3, 3}), *MakeMacsModel(), at::kCPU);
    EXPECT_GT(times.weight_seconds, 0) << NameOf(learner);
    EXPECT_GT(times.alpha_seconds, 0) << NameOf(learner);
  }
}

// Peak of this process's memory while `work` runs, over what it is before.
template <typename Work>
double PeakGrowth(const Work& work) {
  malloc_trim(0);
  const int64_t before = ResidentBytes();
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak counts from now
  work();
  return static_cast<double>(PeakResidentBytes() - before);
}

void RunSteps(const Config& config, const SearchSpace& space, bool architecture) {
  SearchState state{
      .supernet = std::make_shared<Supernet>(space, SupernetOptions{.how = config.nn}),
      .costs = MakeCostTable(*MakeMacsModel(), space),
      .branches = {},
      .training = WeightTraining(config.train, config.runtime, 0, RateSchedule(config.train, 0, 10), at::kCPU)};
  state.branches.push_back(WholeBranch("", state.supernet, state.costs, at::kFloat));
  InitializeWeights(*state.supernet, 0);
  state.training.Bind(*state.supernet);
  const Batch batch{at::randn({config.train.batch, 3, space.input().height, space.input().width})
                        .contiguous(at::MemoryFormat::ChannelsLast),
                    at::zeros({config.train.batch}, at::kLong)};
  for (int i = 0; i < 3; ++i) {
    const Draw draw =
        DrawChoices(state.branches[0].alpha, config.search.relaxation, Pass::kWeights, {.draw = i}, at::kCPU);
    SetNormMode(*state.supernet, NormMode::kBatch);
    (ClassLossSum(state.supernet->forward(batch.images, draw.choices), batch.targets, 4, 0) / 32).backward();
    state.training.optimizer.Step(0.1);
    state.training.optimizer.ZeroGradients();
    if (!architecture) continue;
    const ArchitectureScope scope(state, state.branches[0]);
    ArchitectureTotals totals;
    ArchitectureStep step(state, state.branches[0], config, 4, totals);
    step.Compute(batch);
    step.Apply();
  }
}

TEST(MemoryEstimate, CountsLargeStridesAsAtens) {
  const BlockSpec inverted{.expand = 3}, separable{.kind = BlockKind::kDepthwiseSeparable};
  for (const BlockSpec& block : {inverted, separable}) {
    const LayerShape third{8, 8, 3, {16, 16}}, half{8, 8, 2, {16, 16}};
    const CandidateElements fused = CountElements(block, third, true), aten = CountElements(block, third, false);
    EXPECT_EQ(fused.kept, aten.kept) << CandidateName(block);
    EXPECT_EQ(fused.widest, aten.widest);
    EXPECT_FALSE(fused.fused);
    EXPECT_LT(CountElements(block, half, true).kept, CountElements(block, half, false).kept);
  }
}

TEST(SlowMemoryEstimate, IsNearWhatTheProcessGrowsBy) {
  if (test::kAddressSanitizer) GTEST_SKIP() << "measures memory, which the address sanitizer changes";
  // Every tensor in pages of its own, which its end gives back: what is measured is what is alive, as estimated. With
  // the C library's usual threshold, memory that lies free between tensors made one space grow by 1.3 times the
  // estimate.
  ASSERT_EQ(mallopt(M_MMAP_THRESHOLD, 64 << 10), 1);
  Config config = PlanConfig();
  config.search.budget.value = 100e6;
  config.train.batch = 16;
  config.data.queue = 1;
  const std::vector<BlockSpec> shuffles = {
      {.kind = BlockKind::kShuffleA, .op = {.kernel = 3}, .activation = Activation::kRelu},
      {.kind = BlockKind::kShuffleA, .op = {.kernel = 5}, .activation = Activation::kRelu},
      {.kind = BlockKind::kShuffleX, .op = {.kernel = 3}, .activation = Activation::kRelu}};
  const auto repeated = [](const std::vector<BlockSpec>& blocks) {
    return test::MakeSpace(std::vector<std::vector<BlockSpec>>(4, blocks), 16, 24, 4);
  };
  RunSteps(config, test::SpaceWithCounts({2}), true);  // thread pools and libraries take theirs first
  const std::vector<NnConfig> ways = {
      {.kernels = KernelChoice::kAten}, {}, {.kernels = KernelChoice::kAten, .recompute = RecomputeKind::kLayer}};
  const OperatorSpec dense{OperatorKind::kNormal, 3};
  const std::vector<BlockSpec> published = {
      {.kind = BlockKind::kShuffleV1, .activation = Activation::kRelu, .groups = 2},
      {.kind = BlockKind::kShuffleV2, .activation = Activation::kRelu},
      {.kind = BlockKind::kBasic, .op = dense, .activation = Activation::kRelu},
      {.kind = BlockKind::kResidual, .op = dense, .reduction = 4},
      {.kind = BlockKind::kDepthwiseSeparable, .activation = Activation::kRelu},
      {.kind = BlockKind::kConvolution, .op = dense, .activation = Activation::kRelu},
      {.kind = BlockKind::kMaxPool}};
  const std::vector<SearchSpace> spaces = {repeated(test::DistinctBlocks(10)), repeated(test::DistinctBlocks(4)),
                                           repeated(shuffles), repeated(published)};
  for (size_t i = 0; i < spaces.size() * ways.size(); ++i) {
    const SearchSpace& space = spaces[i / ways.size()];
    config.nn = ways[i % ways.size()];
    SCOPED_TRACE("space " + std::to_string(i / ways.size()) + ", way " + std::to_string(i % ways.size()));
    const SearchPlan plan = MakeSearchPlan(config, space, *MakeMacsModel(), {}, at::kCPU);
    const double loaders = 2 * 2 * 16 * 3 * 24 * 24 * 4.0;  // not run here; one batch is
    const double weights = PeakGrowth([&] { RunSteps(config, space, false); });
    const double both = PeakGrowth([&] { RunSteps(config, space, true); });
    std::cout << "memory, measured over estimated: " << weights / (plan.phases[0].memory_bytes - loaders / 2)
              << " in the weight pass, " << both / (plan.phases[1].memory_bytes - loaders)
              << " with the architecture pass\n";
    // The fused kernels' work space, which the estimate leaves out, is as wide as the processor's vectors: with AVX-512
    // it is a sixth of what the small shuffle blocks keep.
    const double tolerance = config.nn.kernels == KernelChoice::kAten ? 0.15 : 0.2;
    EXPECT_NEAR(weights / (plan.phases[0].memory_bytes - loaders / 2), 1, tolerance) << weights;
    EXPECT_NEAR(both / (plan.phases[1].memory_bytes - loaders), 1, tolerance) << both;
  }
}

// Of a walk through all networks of a space, without the memory that weights and images take.
TEST(SlowMemoryEstimate, OfScoringIsNearWhatTheProcessGrowsBy) {
  if (test::kAddressSanitizer) GTEST_SKIP() << "measures memory, which the address sanitizer changes";
  ASSERT_EQ(mallopt(M_MMAP_THRESHOLD, 64 << 10), 1);
  const SearchSpace space = test::MakeSpace(std::vector<std::vector<BlockSpec>>(4, test::DistinctBlocks(4)), 16, 24, 4);
  Config config = test::SmallConfig();
  config.data.image_size = config.data.test_resize = 24;
  config.search.scoring = {.images = 64, .batch = 64};
  const Split split =
      SplitTrainingSet(test::MakeDataset(4, 40, 24, 1, [](int, RandomStream&, Image&) {}), config.data, config.seed);
  const std::vector<int> order = {0, 1, 2, 3};
  const ScoringSets sets{.validation = EasiestClasses(split.architecture, order, 4),
                         .training = EasiestClasses(split.weights, order, 4),
                         .classes = 4};
  for (const KernelChoice kernels : {KernelChoice::kAten, KernelChoice::kAuto}) {
    config.nn.kernels = kernels;
    auto supernet = std::make_shared<Supernet>(space, SupernetOptions{.how = config.nn});
    InitializeWeights(*supernet, 0);
    const SubnetScorer scorer(supernet, sets, config, at::kCPU);
    std::vector<std::vector<size_t>> networks;
    for (size_t i = 0; i < 256; ++i) networks.push_back({i / 64, i / 16 % 4, i / 4 % 4, i % 4});
    scorer.Score(networks);
    const double grown = PeakGrowth([&] { scorer.Score(networks); });
    const double elements =
        ScoringElements(space, std::vector<double>(4, 1.0), false, {.fused = HasFusedKernels(kernels, at::kCPU)});
    std::cout << "memory of scoring, measured over estimated: " << grown / (4 * 64 * elements) << "\n";
    EXPECT_NEAR(grown / (4 * 64 * elements), 1, 0.3) << NameOf(kernels);
  }
}

}  // namespace
}  // namespace danas
