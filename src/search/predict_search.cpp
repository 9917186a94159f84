#include <algorithm>
#include <string>

#include "danas/core/error.h"
#include "danas/core/pass_work.h"
#include "danas/search/make_plan.h"
#include "danas/train/loaders.h"

namespace danas {
namespace {

void CheckPredictable(const GpuGroup& gpus, const Config& config) {
  const std::string begin = "--predict knows only ";
  if (config.runtime.amp != AmpKind::kNone || config.runtime.precision != Precision::kFloat32) {
    throw ConfigError(begin + "float32; plan with --set runtime.amp=none and --set runtime.precision=float32");
  }
  if (config.nn.recompute != RecomputeKind::kNone) {
    throw ConfigError(begin + "nn.recompute none; plan with --set nn.recompute=none");
  }
  const TrainConfig alpha = AlphaRecipe(config);
  for (const TrainConfig* recipe : {&config.train, &alpha}) {
    if (recipe->batch >= 2 * gpus.count) continue;
    throw ConfigError("--predict: a batch of " + std::to_string(recipe->batch) + " images on " + NameOf(gpus) +
                      ": each needs two or more. Raise train.batch, which is that of all GPUs together");
  }
}

// A phase's steps on its candidates.
struct PhaseSteps {
  StepShape weight, alpha;
};

PhaseSteps StepsOf(const Config& config, const PhasePlan& phase) {
  const std::vector<double> one_path_l(phase.candidates_l.size(), 1.0);
  const RelaxationConfig& relaxation = config.search.relaxation;
  const bool one =
      config.search.learner == LearnerKind::kGumbel && relaxation.hard && relaxation.hard_alpha == HardAlpha::kOne;
  const TrainConfig alpha = AlphaRecipe(config);
  return {.weight = {.images = static_cast<double>(config.train.batch),
                     .micro_batch = config.train.micro_batch,
                     .held_l = phase.candidates_l,
                     .live_l = phase.paths_per_step > 0 ? one_path_l : phase.candidates_l,
                     .paths = std::max<int64_t>(1, phase.paths_per_step),
                     .sync_bn = config.train.sync_bn},
          .alpha = {.images = static_cast<double>(alpha.batch),
                    .micro_batch = alpha.micro_batch,
                    .held_l = phase.candidates_l,
                    .live_l = one ? one_path_l : phase.alpha_candidates_l,
                    .alpha = true,
                    .sync_bn = alpha.sync_bn}};
}

// One end of the span.
class Predictor {
 public:
  Predictor(const SpaceWork& work, const GpuGroup& gpus, const Config& config, const SearchPlan& plan,
            double Span<double>::*end, StepSeconds Span<StepSeconds>::*step)
      : work_(work), gpus_(gpus), config_(config), plan_(plan), end_(end), step_(step) {}

  void Add(PredictedSearch& predicted) const {
    for (size_t i = 0; i < plan_.phases.size(); ++i) AddPhase(plan_.phases[i], predicted.phases[i]);
    predicted.final_seconds.*end_ = Scoring(plan_.final.macs, predicted.phases.front());
    for (size_t i = 0; i < plan_.phases.size(); ++i) {
      predicted.phases[i].seconds.*end_ += Scoring(plan_.phases[i].scoring_macs, predicted.phases.front());
    }
  }

 private:
  void AddPhase(const PhasePlan& phase, PredictedPhase& predicted) const {
    const PhaseSteps steps = StepsOf(config_, phase);
    predicted.weight_step.*step_ = PredictStep(work_, steps.weight, gpus_);
    double seconds = static_cast<double>(phase.weight_steps) * (predicted.weight_step.*step_).total;
    if (phase.alpha_passes > 0) {
      predicted.alpha_step.*step_ = PredictStep(work_, steps.alpha, gpus_);
      seconds += static_cast<double>(phase.alpha_steps) * (predicted.alpha_step.*step_).total;
    }
    if (seconds == 0) return;  // a plan without images
    predicted.seconds.*end_ = seconds + static_cast<double>(phase.phase.epochs) *
                                            AgreementSeconds(WeightBytes(work_, phase.candidates_l), gpus_);
  }

  // Of forward passes, at the speed of the weight steps on the whole space, as plans with timed steps have it.
  double Scoring(double macs, const PredictedPhase& whole) const {
    const double step_macs = WeightPassWork(plan_.phases.front().macs_per_image, config_.train.batch);
    return macs * (whole.weight_step.*step_).total / step_macs;
  }

  const SpaceWork& work_;
  GpuGroup gpus_;
  const Config& config_;
  const SearchPlan& plan_;
  double Span<double>::*end_;
  StepSeconds Span<StepSeconds>::*step_;
};

}  // namespace

PredictedSearch PredictSearch(const GpuGroup& gpus, const Config& config, const SearchSpace& space,
                              const SearchPlan& plan) {
  CheckPredictable(gpus, config);
  const SpaceWork work = WorkOf(space);
  const std::vector<double>& all_l = plan.phases.front().candidates_l;
  PredictedSearch predicted{.gpus = gpus,
                            .batch = config.train.batch,
                            .weight_bytes = WeightBytes(work, all_l),
                            .norms = NormCount(work, all_l),
                            .macs_per_image = SupernetMacs(work, all_l)};
  for (const PhasePlan& phase : plan.phases) predicted.phases.push_back({.name = phase.phase.name});
  const GpuGroup slow{.gpu = gpus.gpu.AtHalfShares(), .count = gpus.count};
  Predictor(work, gpus, config, plan, &Span<double>::low, &Span<StepSeconds>::low).Add(predicted);
  Predictor(work, slow, config, plan, &Span<double>::high, &Span<StepSeconds>::high).Add(predicted);
  return predicted;
}

}  // namespace danas
