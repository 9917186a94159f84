#include "phase_training.h"

#include <stdexcept>

#include "danas/train/loaders.h"

namespace danas {

double WeightPassWork(const PhasePlan& plan) { return 3 * plan.macs_per_image * static_cast<double>(plan.weight_images); }

double ArchitecturePassWork(const PhasePlan& plan) {
  return 2 * plan.macs_per_image * static_cast<double>(plan.architecture_images);
}

PhaseTraining::PhaseTraining(const SearchInputs& inputs, const SearchCourse& course, const PhasePlan& plan,
                             SearchRun& run, ProgressSink* progress, CheckpointKeeper* keeper)
    : config_(inputs.config),
      plan_(plan),
      run_(run),
      state_(run.state),
      progress_(progress),
      keeper_(keeper),
      device_(inputs.device),
      weights_(EasiestClasses(course.split.weights, course.order, plan.phase.classes),
               Transform(config_.data, ImageUse::kTrain, config_.seed, inputs.space.input_channels()),
               TrainingLoader(config_, config_.train, device_, inputs.ranks)) {
  if (run_.position.begins_phase()) {
    run_.trace = AlphaTrace(plan.alpha_steps);
    run_.interleaved = {};
  }
  if (!plan.phase.searches) return;
  architecture_.emplace(EasiestClasses(course.split.architecture, course.order, plan.phase.classes),
                        Transform(config_.data, ImageUse::kTest, config_.seed, inputs.space.input_channels()),
                        TrainingLoader(config_, config_.train, device_, inputs.ranks));
  if (config_.search.alpha_pass == AlphaPass::kPerEpoch) return;
  interleaved_.emplace(state_, config_, plan.phase.classes, *architecture_, plan.phase.name, run_.interleaved,
                       [this] { run_.trace.Record(state_.alpha.Values()); });
}

PassResult PhaseTraining::WeightPass() {
  SearchPosition& position = run_.position;
  if (position.weights_done) return position.weights;
  const WeightPassOptions options{
      .pass = BeginPass("weights", WeightPassWork(plan_)),
      .classes = plan_.phase.classes,
      .forward =
          [this](int64_t) -> Forward {
        const Draw draw = DrawChoices(state_.alpha, config_.search.relaxation, Pass::kWeights,
                                      NextDraw(config_, state_), device_);
        ++state_.draws;
        return [this, choices = draw.choices](const at::Tensor& image_nchw) {
          return state_.supernet->forward(image_nchw, choices);
        };
      },
      .after_step = [this](int64_t steps) { AfterWeightStep(steps); }};
  position.weights = TrainWeightsPass(*state_.supernet, weights_, state_.training, options);
  position.weights_done = true;
  state_.weight_images += position.weights.images;
  EndPass(WeightPassWork(plan_));
  return position.weights;
}

void PhaseTraining::AfterWeightStep(int64_t steps) {
  if (state_.alpha.HasGradient()) throw std::logic_error("the weight pass made a gradient of α");
  if (interleaved() && steps % config_.search.alpha_every == 0) interleaved_->Step();
}

std::optional<ArchitectureResult> PhaseTraining::ArchitecturePass() {
  if (!plan_.phase.searches) return std::nullopt;
  const double work = ArchitecturePassWork(plan_);
  if (interleaved()) {
    run_.work.done += work;
    return interleaved_->Finish();
  }
  const ArchitectureResult result =
      TrainArchitecturePass(state_, config_, plan_.phase.classes, *architecture_, BeginPass("architecture", work),
                            run_.architecture, [this] { run_.trace.Record(state_.alpha.Values()); });
  EndPass(work);
  return result;
}

PassOptions PhaseTraining::BeginPass(const char* name, double work) {
  SearchPosition& position = run_.position;
  if (position.pass < 0) position.pass = state_.passes++;
  return {.label = plan_.phase.name + ", epoch " + std::to_string(position.epoch) + "/" +
                   std::to_string(plan_.phase.epochs) + ", " + name,
          .epoch = position.pass,
          .on_nonfinite = config_.train.on_nonfinite,
          .progress = progress_,
          .run_share = [this, work](double share) { return (run_.work.done + share * work) / run_.work.total; },
          .totals = &position.totals,
          .keeper = keeper_,
          .ranks = state_.training.shared.ranks};
}

void PhaseTraining::EndPass(double work) {
  run_.position.pass = -1;
  run_.position.totals = {};
  run_.work.done += work;
}

}  // namespace danas
