#include <algorithm>
#include <functional>
#include <limits>

#include "danas/search/make_plan.h"
#include "danas/search/trial_steps.h"

namespace danas {
namespace {

constexpr int kSteps = 3;  // timed, after one that warms up; the fastest counts

double FastestOf(const std::function<double()>& step) {
  step();
  double fastest = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kSteps; ++i) fastest = std::min(fastest, step());
  return fastest;
}

}  // namespace

StepTimes ProbeStepTimes(const Config& config, const SearchSpace& space, const CostModel& cost, at::Device device) {
  const int64_t micro = config.train.micro_batch > 0 ? config.train.micro_batch : config.train.batch;
  const int64_t images = device.is_cpu() ? std::min<int64_t>(micro, 16) : micro;
  TrialSteps trial(config, space, cost, device, images);
  const auto count = static_cast<double>(images);
  return {.weight_seconds = FastestOf([&] { return trial.StepWeights(); }) / count,
          .alpha_seconds = FastestOf([&] { return trial.StepArchitecture(); }) / count};
}

}  // namespace danas
