#include "danas/search/trial_steps.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>

#include "danas/core/seconds_since.h"
#include "danas/search/budgets.h"
#include "danas/train/weight_pass.h"

namespace danas {
namespace {

using Clock = std::chrono::steady_clock;

Config WithLearner(Config config) {
  if (config.search.learner == LearnerKind::kNone) config.search.learner = LearnerKind::kGumbel;
  return config;
}

// Random images teach nothing.
SearchState StandingStill(Config config, const SearchSpace& space, const CostModel& cost, at::Device device,
                          const Ranks& ranks) {
  config.train.lr = 0;
  config.train.lr_min = 0;
  return MakeSearchState(config, space, cost, RateSchedule(config.train, 0, int64_t{1} << 40), device, ranks);
}

Batch RandomBatch(const SearchSpace& space, const Task& task, at::Device device, int64_t images, int ranks) {
  const Size size = space.input();
  Batch batch{.images = at::randn({images, space.input_channels(), size.height, size.width}, device)
                            .contiguous(at::MemoryFormat::ChannelsLast),
              .targets = at::randint(space.classes(), {images}, at::TensorOptions(device).dtype(at::kLong)),
              .whole = images * ranks};
  const int64_t truth = task.TruthFloats(space.classes());
  if (truth > 0) batch.truth = at::rand({images, truth}, device) * std::min(size.height, size.width);
  return batch;
}

}  // namespace

TrialSteps::TrialSteps(const Config& config, const SearchSpace& space, const CostModel& cost, at::Device device,
                       int64_t images, const Ranks& ranks)
    : config_(WithLearner(config)),
      state_(StandingStill(config, space, cost, device, ranks)),
      // Of several budgets the first.
      paths_(MakePaths(WithBudget(config.search, TargetsOf(config.search).front()), state_.costs)),
      task_(MakeTask(config)),
      batch_(RandomBatch(space, *task_, device, images, ranks.count())),
      step_(state_, state_.branches.front(), config_, space.classes(), totals_) {}

// The forward passes of a weight step, one after the other.
Forwards TrialSteps::DrawForwards() {
  const DrawNumber number = NextDraw(config_, state_);
  ++state_.draws;
  const WeightDraw draw =
      paths_->Draw(number, state_.branches.front().alpha, config_.search.relaxation, batch_.images.device());
  Forwards forwards;
  for (const std::vector<LayerChoice>& choices : draw.forwards) {
    forwards.emplace_back(
        [this, choices](const at::Tensor& image_nchw) { return state_.supernet->forward(image_nchw, choices); });
  }
  return forwards;
}

double TrialSteps::StepWeights() {
  scope_.reset();
  const auto start = Clock::now();
  WeightStep step(*state_.supernet, state_.training, *task_, state_.supernet->space().classes());
  const StepResult result = step.Compute(batch_, DrawForwards());
  step.Apply();
  result.loss_sum.item();  // waits for the device
  return SecondsSince(start);
}

double TrialSteps::StepArchitecture() {
  if (!scope_) scope_.emplace(state_, state_.branches.front());
  const auto start = Clock::now();
  step_.Compute(batch_).loss_sum.item();
  step_.Apply();
  return SecondsSince(start);
}

int64_t TrialSteps::WeightBytes() const {
  int64_t bytes = 0;
  for (const at::Tensor& weight : state_.supernet->parameters()) bytes += static_cast<int64_t>(weight.nbytes());
  return bytes;
}

}  // namespace danas
