#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "danas/core/error.h"
#include "danas/nn/supernet.h"
#include "danas/search/make_plan.h"
#include "tests/search/search_support.h"
#include "tests/search/space_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

const ClassCounts kCounts{.weights = {3000, 2000, 4000, 1000}, .architecture = {1600, 800, 800, 400}};

Config PlanConfig() {
  Config config = test::SmallConfig();
  config.search.budget.value = 300e3;
  config.train.batch = 64;
  return config;
}

struct Predicted {
  SearchPlan plan;
  PredictedSearch search;
};

Predicted Predict(const Config& config, const std::string& gpus, const SearchSpace& space) {
  GpuGroup group = ParseGpuGroup(gpus);
  group.gpu.memory = 1e9;  // so slow that even networks this small are bound by the GPU
  const SearchPlan plan = MakePlanFor(group, config, space, *MakeMacsModel(), kCounts);
  return {plan, PredictSearch(group, config, space, plan)};
}

Predicted Predict(const Config& config, const std::string& gpus = "4xv100") {
  return Predict(config, gpus, test::SpaceWithCounts({6, 6, 1}));
}

TEST(PredictSearch, IsStepsTimesTheirNumberPhaseByPhase) {
  const Config config = PlanConfig();
  const auto [plan, search] = Predict(config);
  const SpaceWork work = WorkOf(test::SpaceWithCounts({6, 6, 1}));
  ASSERT_EQ(search.phases.size(), 4u);
  double sum = 0;
  for (size_t i = 0; i < 4; ++i) {
    const PhasePlan& phase = plan.phases[i];
    const PredictedPhase& predicted = search.phases[i];
    const double compared =
        static_cast<double>(phase.phase.epochs) * AgreementSeconds(WeightBytes(work, phase.candidates_l), search.gpus);
    EXPECT_DOUBLE_EQ(predicted.seconds.low,
                     static_cast<double>(phase.weight_steps) * predicted.weight_step.low.total +
                         static_cast<double>(phase.alpha_steps) * predicted.alpha_step.low.total + compared);
    EXPECT_GT(predicted.seconds.high, predicted.seconds.low);
    EXPECT_EQ(predicted.alpha_step.low.total > 0, i > 0);
    if (i > 1) {  // pruned
      EXPECT_LT(predicted.weight_step.low.gpu, search.phases[i - 1].weight_step.low.gpu) << i;
    }
    sum += predicted.seconds.low;
  }
  EXPECT_DOUBLE_EQ(search.seconds().low, sum);
  EXPECT_EQ(plan.device, "4 V100, not this machine");
  EXPECT_TRUE(plan.predicted);
  EXPECT_EQ(plan.ranks, 4);
}

TEST(PredictSearch, MorePartsOfABatchTakeLessMemoryOfAGpu) {
  Config config = PlanConfig();
  const double one = Predict(config, "1xv100").plan.memory_bytes(), four = Predict(config).plan.memory_bytes();
  EXPECT_LT(four, 0.5 * one);
  config.train.micro_batch = 4;
  EXPECT_LT(Predict(config).plan.memory_bytes(), four);
}

TEST(PredictSearch, SumsTheGradientsThatASupernetHas) {
  const SearchSpace space = test::SpaceWithCounts({6, 6, 1});
  double elements = 0;
  for (const at::Tensor& weight : Supernet(space, {}).parameters()) elements += static_cast<double>(weight.numel());
  EXPECT_EQ(Predict(PlanConfig()).search.weight_bytes, 4 * elements);
}

TEST(PredictSearch, SinglePathsComputeLessAndScoringIsAdded) {
  Config config = PlanConfig();
  const double all = Predict(config).search.phases[1].weight_step.low.gpu;
  config.search.relaxation.hard = true;
  const double hard = Predict(config).search.phases[1].weight_step.low.gpu;
  EXPECT_LT(hard, 0.7 * all);
  config = PlanConfig();
  config.search.paths = WeightPathKind::kUniform;
  config.search.paths_band = false;
  config.search.learner = LearnerKind::kNone;
  config.search.final = FinalChoiceKind::kScored;
  const auto [plan, search] = Predict(config);
  EXPECT_NEAR(search.phases[1].weight_step.low.gpu, hard, 1e-12);
  EXPECT_EQ(search.phases[1].alpha_step.low.total, 0);
  EXPECT_GT(plan.final.macs, 0);
  EXPECT_GT(search.final_seconds.low, 0);
  EXPECT_GT(search.final_seconds.high, search.final_seconds.low);
}

TEST(PredictSearch, KnowsSeveralBudgets) {
  Config config = PlanConfig();
  const SearchPlan one = Predict(config).plan;
  config.search.budgets = {{200e3}, {300e3}};
  const auto [plan, search] = Predict(config);
  EXPECT_EQ(plan.budgets.size(), 2u);
  EXPECT_GT(search.seconds().low, 0);
  EXPECT_LE(plan.band_parameters_least, one.band_parameters_least);
  EXPECT_EQ(plan.band_parameters_most, one.band_parameters_most);
}

TEST(PredictSearch, RefusesWhatItDoesNotKnow) {
  Config config = PlanConfig();
  test::ExpectErrorContains<ConfigError>([&] { Predict(config, "64xv100"); }, {"64 images on 64 V100", "train.batch"});
  config.runtime.amp = AmpKind::kBf16;
  test::ExpectErrorContains<ConfigError>([&] { Predict(config); }, {"float32", "runtime.amp=none"});
  config = PlanConfig();
  config.nn.recompute = RecomputeKind::kLayer;
  test::ExpectErrorContains<ConfigError>([&] { Predict(config); }, {"nn.recompute=none"});
}

}  // namespace
}  // namespace danas
