#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <memory>

#include "danas/nn/norm.h"
#include "danas/search/architecture_pass.h"
#include "danas/search/search_plan.h"
#include "danas/train/class_loss.h"
#include "danas/train/device.h"

namespace danas {
namespace {

constexpr int kSteps = 3;  // timed, after one that warms up; the fastest counts

double FastestOf(const std::function<void()>& step) {
  step();
  double fastest = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kSteps; ++i) {
    const auto start = std::chrono::steady_clock::now();
    step();
    fastest = std::min(fastest, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return fastest;
}

SearchState ProbeState(const Config& config, const SearchSpace& space, const CostModel& cost, at::Device device) {
  SearchState state{.supernet = std::make_shared<Supernet>(space, SupernetOptions{.how = config.nn}),
                    .costs = MakeCostTable(cost, space),
                    .alpha = ArchParameters(space),
                    .training = WeightTraining(config.train, config.runtime, config.seed,
                                               CosineSchedule(config.train, 0, 2 * kSteps), device)};
  InitializeWeights(*state.supernet, config.seed);
  MoveTo(*state.supernet, device, config.runtime.layout);
  state.training.Bind(*state.supernet);
  return state;
}

}  // namespace

StepTimes ProbeStepTimes(const Config& config, const SearchSpace& space, const CostModel& cost, at::Device device) {
  SearchState state = ProbeState(config, space, cost, device);
  const int64_t micro = config.train.micro_batch > 0 ? config.train.micro_batch : config.train.batch;
  const int64_t images = device.is_cpu() ? std::min<int64_t>(micro, 16) : micro;
  const Batch batch{at::randn({images, space.input_channels(), space.input().height, space.input().width}, device)
                        .contiguous(at::MemoryFormat::ChannelsLast),
                    at::zeros({images}, at::TensorOptions(device).dtype(at::kLong))};

  StepTimes times;
  times.weight_seconds = FastestOf([&] {
    const Draw draw = DrawChoices(state.alpha, config.search.relaxation, Pass::kWeights, config.seed, 0, device);
    SetNormMode(*state.supernet, NormMode::kBatch);
    const at::Tensor logits = [&] {
      const AutocastScope autocast(config.runtime.amp, device.type());
      return state.supernet->forward(InLayout(batch.images, config.runtime.layout), draw.choices);
    }();
    const at::Tensor loss = ClassLossSum(logits, batch.targets, space.classes(), config.train.label_smoothing);
    (loss / images).backward();
    state.training.sgd.Step(0);
    state.training.sgd.ZeroGradients();
    loss.item();  // waits for the device
  }) / static_cast<double>(images);

  const ArchitectureScope scope(state);
  ArchitectureStep step(state, config, space.classes());
  times.alpha_seconds = FastestOf([&] {
    step.Compute(batch).loss_sum.item();
    step.Discard();
  }) / static_cast<double>(images);
  return times;
}

}  // namespace danas
