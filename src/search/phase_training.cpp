#include "phase_training.h"

#include <iterator>
#include <stdexcept>
#include <utility>

#include "danas/core/pass_work.h"
#include "danas/tasks/make_task.h"
#include "danas/train/loaders.h"

namespace danas {
namespace {

// Of Eq. 10, for progress and errors.
std::string NameOfPass(const Branch& branch) {
  return "architecture" + (branch.budget.empty() ? "" : " for " + branch.budget);
}

}  // namespace

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

PhaseTraining::PhaseTraining(const SearchInputs& inputs, const SearchCourse& course, const PhasePlan& plan,
                             SearchRun& run, ProgressSink* progress, CheckpointKeeper* keeper)
    : config_(inputs.config),
      course_(course),
      plan_(plan),
      run_(run),
      state_(run.state),
      progress_(progress),
      keeper_(keeper),
      device_(inputs.device),
      task_(MakeTask(config_)),
      weights_(EasiestClasses(course.split.weights, course.order, plan.phase.classes),
               task_->Frames(*inputs.training_set, ImageUse::kTrain, inputs.space.input_channels()),
               TrainingLoader(config_, config_.train, inputs.ranks), device_) {
  const size_t branches = state_.branches.size();
  if (run_.position.begins_phase()) run_.interleaved.assign(branches, {});
  for (const Branch& branch : state_.branches) forward_macs_.emplace_back(branch.space());
  for (size_t b = 0; b < branches; ++b) {
    paths_.push_back(MakePaths(course.budgets[b].config.search, state_.branches[b].costs));
  }
  if (plan.alpha_passes == 0) return;
  const bool every_k = config_.search.alpha_pass == AlphaPass::kEveryK;
  for (size_t b = 0; b < (every_k ? branches : 1); ++b) {
    architecture_.emplace_back(EasiestClasses(course.split.architecture, course.order, plan.phase.classes),
                               task_->Frames(*inputs.training_set, ImageUse::kTest, inputs.space.input_channels()),
                               TrainingLoader(config_, AlphaRecipe(config_), inputs.ranks), device_);
    if (!every_k) continue;
    interleaved_.emplace_back(state_, state_.branches[b], course.budgets[b].config, plan.phase.classes,
                              architecture_.back(), plan.phase.name + ", " + NameOfPass(state_.branches[b]),
                              run_.interleaved[b]);
  }
}

PassResult PhaseTraining::WeightPass() {
  SearchPosition& position = run_.position;
  if (position.weights_done) return position.weights;
  if (run_.paths && position.pass < 0) *run_.paths = {};
  const double work = WeightPassWork(plan_.macs_per_image, plan_.weight_images);
  WeightStep step(*state_.supernet, state_.training, *task_, plan_.phase.classes);
  BatchPass pass(weights_, BeginPass("weights", work));
  for (const Batch& batch : pass) {
    const bool finite = pass.Take(step.Compute(batch, DrawForwards(state_.training.step)));
    AddWeightMacs(batch);
    if (finite) {
      step.Apply();
    } else {
      step.Discard();
    }
    StepArchitecture(state_.training.step);
  }
  position.weights = pass.Finish();
  step.ShareStatistics();
  position.weights_done = true;
  state_.weight_images += position.weights.images;
  run_.passed.Add(SearchPart::kWeights, 0, position.weights.seconds);
  EndPass(work);
  return position.weights;
}

Forwards PhaseTraining::DrawForwards(int64_t step) {
  const auto turn = static_cast<size_t>(step) % state_.branches.size();
  const Branch& branch = state_.branches[turn];
  const DrawNumber number = NextDraw(config_, state_);
  ++state_.draws;
  step_macs_ = 0;
  WeightDraw draw = paths_[turn]->Draw(number, branch.alpha, RelaxationNow(config_, state_), device_);
  if (draw.group) run_.paths->Add(*draw.group, branch.costs);
  Forwards forwards;
  for (std::vector<LayerChoice>& choices : draw.forwards) forwards.push_back(ForwardOf(turn, std::move(choices)));
  return forwards;
}

Forward PhaseTraining::ForwardOf(size_t branch, std::vector<LayerChoice> choices) {
  step_macs_ += forward_macs_[branch].Of(choices);
  return [supernet = state_.branches[branch].supernet, choices = std::move(choices)](const at::Tensor& image_nchw) {
    return supernet->forward(image_nchw, choices);
  };
}

// With ranks.draws own as if every process had drawn what the first did.
void PhaseTraining::AddWeightMacs(const Batch& batch) {
  const int64_t images = state_.training.shared.ranks.alone() ? batch.size() : batch.whole_size();
  run_.passed.Add(SearchPart::kWeights, step_macs_ * static_cast<double>(images), 0);
}

void PhaseTraining::StepArchitecture(int64_t weight_steps) {
  for (const Branch& branch : state_.branches) {
    if (branch.alpha.HasGradient()) throw std::logic_error("the weight pass made a gradient of α");
  }
  if (weight_steps % config_.search.alpha_every != 0) return;
  for (InterleavedArchitecture& interleaved : interleaved_) interleaved.Step();
}

std::vector<ArchitectureResult> PhaseTraining::ArchitecturePasses() {
  if (!interleaved_.empty()) {
    const double work = ArchitecturePassWork(plan_.alpha_macs_per_image, plan_.architecture_images);
    std::vector<ArchitectureResult> results;
    for (InterleavedArchitecture& interleaved : interleaved_) {
      run_.work.done += work;
      results.push_back(interleaved.Finish());
      const ArchitectureResult& steps = results.back();
      run_.passed.Add(SearchPart::kArchitecture, steps.macs, steps.pass.seconds);
      run_.passed.Add(SearchPart::kWeights, 0, -steps.pass.seconds);  // they were in the weight pass
    }
    return results;
  }
  for (size_t b = run_.branches_done.size(); b < static_cast<size_t>(plan_.alpha_passes); ++b) {
    run_.branches_done.push_back(ArchitecturePass(b));
  }
  return std::exchange(run_.branches_done, {});
}

ArchitectureResult PhaseTraining::ArchitecturePass(size_t branch) {
  const double work = ArchitecturePassWork(plan_.alpha_macs_per_image, plan_.architecture_images);
  const std::string name = NameOfPass(state_.branches[branch]);
  const ArchitectureResult result =
      TrainArchitecturePass(state_, state_.branches[branch], course_.budgets[branch].config, plan_.phase.classes,
                            architecture_.front(), BeginPass(name, work), run_.architecture);
  run_.passed.Add(SearchPart::kArchitecture, result.macs, result.pass.seconds);
  EndPass(work);
  return result;
}

PassOptions PhaseTraining::BeginPass(const std::string& name, double work) {
  SearchPosition& position = run_.position;
  if (position.pass < 0) position.pass = state_.passes++;
  return state_.training.Passing(
      {.label = plan_.phase.name + ", epoch " + std::to_string(position.epoch) + "/" +
                std::to_string(plan_.phase.epochs) + ", " + name,
       .epoch = position.pass,
       .progress = progress_,
       .run_share = PartOfRun{.before = run_.work.done / run_.work.total, .part = work / run_.work.total},
       .totals = &position.totals,
       .keeper = keeper_});
}

void PhaseTraining::EndPass(double work) {
  run_.position.pass = -1;
  run_.position.totals = {};
  run_.work.done += work;
}

}  // namespace danas
