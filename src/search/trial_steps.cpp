#include "danas/search/trial_steps.h"

#include <ATen/ATen.h>

#include <chrono>
#include <memory>

#include "danas/core/seconds_since.h"
#include "danas/nn/norm.h"
#include "danas/run/device.h"
#include "danas/search/budgets.h"
#include "danas/train/class_loss.h"
#include "danas/train/micro_batch.h"

namespace danas {
namespace {

using Clock = std::chrono::steady_clock;

SearchState MakeState(const Config& config, const SearchSpace& space, const CostModel& cost, at::Device device,
                      const Ranks& ranks) {
  SearchState state{.supernet = std::make_shared<Supernet>(space, SupernetOptions{.how = config.nn}),
                    .costs = MakeCostTable(cost, space),
                    .branches = {},
                    .training = WeightTraining(
                        config.train, config.runtime, config.seed, CosineSchedule(config.train, 0, int64_t{1} << 40),
                        device, {.ranks = ranks, .config = config.ranks, .paths_vary = ComputesPaths(config.search)})};
  state.branches.push_back(WholeBranch("", state.supernet, state.costs, FloatType(config.runtime)));
  InitializeWeights(*state.supernet, config.seed);
  MoveTo(*state.supernet, device, config.runtime);
  state.training.Bind(*state.supernet);
  SetNormMode(*state.supernet, NormMode::kBatch);
  return state;
}

Batch RandomBatch(const SearchSpace& space, at::Device device, int64_t images, int ranks) {
  const Size size = space.input();
  return {at::randn({images, space.input_channels(), size.height, size.width}, device)
              .contiguous(at::MemoryFormat::ChannelsLast),
          at::randint(space.classes(), {images}, at::TensorOptions(device).dtype(at::kLong)), images * ranks};
}

}  // namespace

TrialSteps::TrialSteps(const Config& config, const SearchSpace& space, const CostModel& cost, at::Device device,
                       int64_t images, const Ranks& ranks)
    : config_(config),
      state_(MakeState(config, space, cost, device, ranks)),
      batch_(RandomBatch(space, device, images, ranks.count())),
      step_(state_, state_.branches.front(), config, space.classes(), totals_) {
  if (!HasOwnPaths(config.search)) return;
  paths_.emplace(WithBudget(config.search, TargetsOf(config.search).front()), state_.costs);  // of several the first
}

// What a weight step computes, one after the other.
std::vector<std::vector<LayerChoice>> TrialSteps::DrawWays() {
  const DrawNumber number = NextDraw(config_, state_);
  ++state_.draws;
  std::vector<std::vector<LayerChoice>> ways;
  if (paths_) {
    for (const std::vector<size_t>& path : paths_->Draw(number).paths) ways.push_back(ChoicesOf(path));
  } else {
    ways.push_back(DrawChoices(state_.branches.front().alpha, config_.search.relaxation, Pass::kWeights, number,
                               batch_.images.device())
                       .choices);
  }
  return ways;
}

double TrialSteps::StepWeights() {
  scope_.reset();
  const auto start = Clock::now();
  const at::Device device = batch_.images.device();
  std::vector<ComputePart> ways;
  for (const std::vector<LayerChoice>& choices : DrawWays()) {
    ways.emplace_back([this, device, choices](const Batch& part) {
      const at::Tensor logits_nk = [&] {
        const AutocastScope autocast(config_.runtime.amp, device.type());
        return state_.supernet->forward(InLayout(part.images, config_.runtime), choices);
      }();
      const int64_t classes = logits_nk.size(1);
      return StepResult{.loss_sum = ClassLossSum(logits_nk, part.targets, classes, config_.train.label_smoothing),
                        .correct = CountCorrect(logits_nk, part.targets, classes),
                        .gradient_norm = {}};
    });
  }
  StepResult result =
      AccumulateGradients(batch_, config_.train.micro_batch, ways, /*scaler=*/nullptr, state_.training.reducer.get());
  SumOverRanks(state_.training.shared.ranks, batch_.size(), result);
  state_.training.sgd.Step(0);
  state_.training.sgd.ZeroGradients();
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
