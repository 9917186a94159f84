#include "danas/search/search_plan.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <fstream>
#include <iostream>

#include "danas/core/error.h"
#include "danas/nn/norm.h"
#include "danas/search/architecture_pass.h"
#include "danas/search/memory_estimate.h"
#include "danas/train/class_loss.h"
#include "danas/train/memory.h"
#include "tests/search/search_support.h"
#include "tests/search/space_support.h"
#include "tests/support/sanitizer.h"
#include "tests/support/test_support.h"

#include <ATen/ATen.h>

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
  }
  EXPECT_EQ(plan.alpha_steps(), 16);
  EXPECT_EQ(plan.images(), 50 + 2 * (90 + 100 + 100));
  EXPECT_EQ(plan.seconds(), 0);
  EXPECT_EQ(plan.searchable_layers, 2);
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
  EXPECT_NEAR(MakeSearchPlan(config, space, *MakeMacsModel(), {}, at::kCPU).phases[0].macs_per_image, macs.Mean(), 1e-3);
}

TEST(MakeSearchPlan, EveryKCountsAlphaStepsByWeightSteps) {
  Config config = PlanConfig();
  config.search.alpha_pass = AlphaPass::kEveryK;
  config.search.alpha_every = 5;
  const ClassCounts counts{.weights = {30, 20, 40, 10}, .architecture = {16, 8, 8, 4}};
  const SearchPlan plan = MakeSearchPlan(config, test::SpaceWithCounts({6}), *MakeMacsModel(), counts, at::kCPU);
  EXPECT_EQ(plan.phases[1].alpha_steps, 12 / 5);
}

TEST(MakeSearchPlan, ZeroRatioKeepsAllCandidates) {
  Config config = PlanConfig();
  config.search.pruning.ratio = 0;
  for (const PhasePlan& phase : MakeSearchPlan(config, test::SpaceWithCounts({6}), *MakeMacsModel(), {}, at::kCPU).phases) {
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
  SearchState state{.supernet = std::make_shared<Supernet>(space, SupernetOptions{.how = config.nn}),
                    .costs = MakeCostTable(*MakeMacsModel(), space),
                    .alpha = ArchParameters(space),
                    .training = WeightTraining(config.train, config.runtime, 0, CosineSchedule(config.train, 0, 10), at::kCPU)};
  InitializeWeights(*state.supernet, 0);
  state.training.Bind(*state.supernet);
  const Batch batch{at::randn({config.train.batch, 3, space.input().height, space.input().width})
                        .contiguous(at::MemoryFormat::ChannelsLast),
                    at::zeros({config.train.batch}, at::kLong)};
  for (int i = 0; i < 3; ++i) {
    const Draw draw = DrawChoices(state.alpha, config.search.relaxation, Pass::kWeights, {.draw = i}, at::kCPU);
    SetNormMode(*state.supernet, NormMode::kBatch);
    (ClassLossSum(state.supernet->forward(batch.images, draw.choices), batch.targets, 4, 0) / 32).backward();
    state.training.sgd.Step(0.1);
    state.training.sgd.ZeroGradients();
    if (!architecture) continue;
    const ArchitectureScope scope(state);
    ArchitectureTotals totals;
    ArchitectureStep step(state, config, 4, totals);
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

TEST(MemoryEstimate, IsNearWhatTheProcessGrowsBy) {
  if (test::kAddressSanitizer) GTEST_SKIP() << "measures memory, which the address sanitizer changes";
  // Every tensor in pages of its own, which its end gives back: what is measured is what is alive, as estimated. With the
  // C library's usual threshold, memory that lies free between tensors made one space grow by 1.3 times the estimate.
  ASSERT_EQ(mallopt(M_MMAP_THRESHOLD, 64 << 10), 1);
  Config config = PlanConfig();
  config.search.budget.value = 100e6;
  config.train.batch = 16;
  config.data.queue = 1;
  const std::vector<BlockSpec> shuffles = {{.kind = BlockKind::kShuffleA, .op = {.kernel = 3}, .activation = Activation::kRelu},
                                           {.kind = BlockKind::kShuffleA, .op = {.kernel = 5}, .activation = Activation::kRelu},
                                           {.kind = BlockKind::kShuffleX, .op = {.kernel = 3}, .activation = Activation::kRelu}};
  const auto repeated = [](const std::vector<BlockSpec>& blocks) {
    return test::MakeSpace(std::vector<std::vector<BlockSpec>>(4, blocks), 16, 24, 4);
  };
  RunSteps(config, test::SpaceWithCounts({2}), true);  // thread pools and libraries take theirs first
  const std::vector<NnConfig> ways = {{.kernels = KernelChoice::kAten},
                                      {},
                                      {.kernels = KernelChoice::kAten, .recompute = RecomputeKind::kLayer}};
  const OperatorSpec dense{OperatorKind::kNormal, 3};
  const std::vector<BlockSpec> published = {{.kind = BlockKind::kShuffleV1, .activation = Activation::kRelu, .groups = 2},
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
              << " in the weight pass, " << both / (plan.phases[1].memory_bytes - loaders) << " with the architecture pass\n";
    // The fused kernels' work space, which the estimate leaves out, is as wide as the processor's vectors: with AVX-512 it
    // is a sixth of what the small shuffle blocks keep.
    const double tolerance = config.nn.kernels == KernelChoice::kAten ? 0.15 : 0.2;
    EXPECT_NEAR(weights / (plan.phases[0].memory_bytes - loaders / 2), 1, tolerance) << weights;
    EXPECT_NEAR(both / (plan.phases[1].memory_bytes - loaders), 1, tolerance) << both;
  }
}

}  // namespace
}  // namespace danas
