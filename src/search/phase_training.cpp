#include "phase_training.h"

#include <stdexcept>

#include "danas/train/loaders.h"

namespace danas {

double WeightPassWork(const PhasePlan& plan) { return 3 * plan.macs_per_image * static_cast<double>(plan.weight_images); }

double ArchitecturePassWork(const PhasePlan& plan) {
  return 2 * plan.macs_per_image * static_cast<double>(plan.architecture_images);
}

PhaseTraining::PhaseTraining(const SearchInputs& inputs, const SearchCourse& course, const PhasePlan& plan,
                             SearchState& state, ProgressSink* progress, WorkDone& work)
    : config_(inputs.config),
      plan_(plan),
      state_(state),
      progress_(progress),
      work_(work),
      trace_(plan.alpha_steps),
      device_(inputs.device),
      weights_(EasiestClasses(course.split.weights, course.order, plan.phase.classes),
               Transform(config_.data, ImageUse::kTrain, config_.seed),
               TrainingLoader(config_, config_.train.batch, device_)) {
  if (!plan.phase.searches) return;
  architecture_.emplace(EasiestClasses(course.split.architecture, course.order, plan.phase.classes),
                        Transform(config_.data, ImageUse::kTest, config_.seed),
                        TrainingLoader(config_, config_.train.batch, device_));
  if (config_.search.alpha_pass == AlphaPass::kPerEpoch) return;
  interleaved_.emplace(state_, config_, plan.phase.classes, *architecture_, plan.phase.name,
                       [this] { trace_.Record(state_.alpha.Values()); });
}

PassResult PhaseTraining::WeightPass(int64_t epoch) {
  const WeightPassOptions options{
      .pass = OptionsFor("weights", epoch, WeightPassWork(plan_)),
      .classes = plan_.phase.classes,
      .forward =
          [this](int64_t) -> Forward {
        const Draw draw = DrawChoices(state_.alpha, config_.search.relaxation, Pass::kWeights, config_.seed,
                                      state_.draws++, device_);
        return [this, choices = draw.choices](const at::Tensor& image_nchw) {
          return state_.supernet->forward(image_nchw, choices);
        };
      },
      .after_step = [this](int64_t steps) { AfterWeightStep(steps); }};
  const PassResult result = TrainWeightsPass(*state_.supernet, weights_, state_.training, options);
  state_.weight_images += result.images;
  work_.done += WeightPassWork(plan_);
  return result;
}

void PhaseTraining::AfterWeightStep(int64_t steps) {
  if (state_.alpha.HasGradient()) throw std::logic_error("the weight pass made a gradient of α");
  if (interleaved() && steps % config_.search.alpha_every == 0) interleaved_->Step();
}

std::optional<ArchitectureResult> PhaseTraining::ArchitecturePass(int64_t epoch) {
  if (!plan_.phase.searches) return std::nullopt;
  const double work = ArchitecturePassWork(plan_);
  const ArchitectureResult result =
      interleaved() ? interleaved_->Finish()
                    : TrainArchitecturePass(state_, config_, plan_.phase.classes, *architecture_,
                                            OptionsFor("architecture", epoch, work),
                                            [this] { trace_.Record(state_.alpha.Values()); });
  work_.done += work;
  return result;
}

PassOptions PhaseTraining::OptionsFor(const char* pass, int64_t epoch, double work) {
  return {.label = plan_.phase.name + ", epoch " + std::to_string(epoch) + "/" + std::to_string(plan_.phase.epochs) +
                   ", " + pass,
          .epoch = state_.passes++,
          .on_nonfinite = config_.train.on_nonfinite,
          .progress = progress_,
          .run_share = [this, work](double share) { return (work_.done + share * work) / work_.total; }};
}

}  // namespace danas
