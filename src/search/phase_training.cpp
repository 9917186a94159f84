#include "phase_training.h"

#include <iterator>
#include <stdexcept>
#include <utility>

#include "danas/train/loaders.h"

namespace danas {

double SearchCourse::Temperature(const RelaxationConfig& config, const SearchPosition& position) const {
  int64_t before = 0, all = 0;
  for (int64_t i = 0; i < std::ssize(plan.phases); ++i) {
    const Phase& phase = plan.phases[static_cast<size_t>(i)].phase;
    if (!phase.searches) continue;
    if (i < position.phase) before += phase.epochs;
    if (i == position.phase) before += position.epoch - 1;
    all += phase.epochs;
  }
  return TemperatureAt(config, before, all);
}

double WeightPassWork(const PhasePlan& plan) {
  return 3 * plan.macs_per_image * static_cast<double>(plan.weight_images);
}

double ArchitecturePassWork(const PhasePlan& plan) {
  return 2 * plan.alpha_macs_per_image * static_cast<double>(plan.architecture_images);
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
               TrainingLoader(config_, config_.train, device_, inputs.ranks)),
      forward_macs_(state_.space()) {
  if (run_.position.begins_phase()) run_.interleaved = {};
  if (HasOwnPaths(config_.search)) paths_.emplace(config_.search, state_.costs);
  if (!plan.phase.searches) return;
  architecture_.emplace(EasiestClasses(course.split.architecture, course.order, plan.phase.classes),
                        Transform(config_.data, ImageUse::kTest, config_.seed, inputs.space.input_channels()),
                        TrainingLoader(config_, AlphaRecipe(config_), device_, inputs.ranks));
  if (config_.search.alpha_pass == AlphaPass::kPerEpoch) return;
  interleaved_.emplace(state_, config_, plan.phase.classes, *architecture_, plan.phase.name, run_.interleaved);
}

PassResult PhaseTraining::WeightPass() {
  SearchPosition& position = run_.position;
  if (position.weights_done) return position.weights;
  if (run_.paths && position.pass < 0) *run_.paths = {};
  const WeightPassOptions options{.pass = BeginPass("weights", WeightPassWork(plan_)),
                                  .classes = plan_.phase.classes,
                                  .forwards = [this](int64_t) { return DrawForwards(); },
                                  .passed = [this](int64_t images) { AddWeightMacs(images); },
                                  .after_step = [this](int64_t steps) { AfterWeightStep(steps); }};
  position.weights = TrainWeightsPass(*state_.supernet, weights_, state_.training, options);
  position.weights_done = true;
  state_.weight_images += position.weights.images;
  run_.passed.Add(SearchPart::kWeights, 0, position.weights.seconds);
  EndPass(WeightPassWork(plan_));
  return position.weights;
}

Forwards PhaseTraining::DrawForwards() {
  const DrawNumber number = NextDraw(config_, state_);
  ++state_.draws;
  step_macs_ = 0;
  if (!paths_) {
    return {
        ForwardOf(DrawChoices(state_.alpha, RelaxationNow(config_, state_), Pass::kWeights, number, device_).choices)};
  }
  const PathGroup group = paths_->Draw(number);
  run_.paths->Add(group, state_.costs);
  Forwards forwards;
  for (const std::vector<size_t>& path : group.paths) forwards.push_back(ForwardOf(ChoicesOf(path)));
  return forwards;
}

Forward PhaseTraining::ForwardOf(std::vector<LayerChoice> choices) {
  step_macs_ += forward_macs_.Of(choices);
  return [this, choices = std::move(choices)](const at::Tensor& image_nchw) {
    return state_.supernet->forward(image_nchw, choices);
  };
}

// With ranks.draws own as if every process had drawn what the first did.
void PhaseTraining::AddWeightMacs(int64_t images) {
  run_.passed.Add(SearchPart::kWeights, step_macs_ * static_cast<double>(images), 0);
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
    const ArchitectureResult steps = interleaved_->Finish();
    run_.passed.Add(SearchPart::kArchitecture, steps.macs, steps.pass.seconds);
    run_.passed.Add(SearchPart::kWeights, 0, -steps.pass.seconds);  // they were in the weight pass
    return steps;
  }
  const ArchitectureResult result = TrainArchitecturePass(state_, config_, plan_.phase.classes, *architecture_,
                                                          BeginPass("architecture", work), run_.architecture);
  run_.passed.Add(SearchPart::kArchitecture, result.macs, result.pass.seconds);
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
