#include "danas/train/lr_schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <sstream>

#include "danas/core/error.h"

namespace danas {

namespace {

std::vector<int64_t> FallsOf(const TrainConfig& config, int64_t total_steps, int64_t epochs) {
  const std::vector<double>& listed = config.lr_steps;
  const bool fractions = std::ranges::all_of(listed, [](double at) { return at <= 1; });
  const double whole = fractions ? 1 : static_cast<double>(epochs);
  std::vector<int64_t> falls;
  double before = 0;
  for (const double at : listed) {
    if (at <= before || at >= whole) {
      std::ostringstream text;
      text << "lr_steps: " << at << " is not between " << before << " and " << whole
           << "; give epochs within the training, or fractions of it, that rise";
      throw ConfigError(text.str());
    }
    falls.push_back(std::llround(at / whole * static_cast<double>(total_steps)));
    before = at;
  }
  return falls;
}

}  // namespace

RateSchedule::RateSchedule(const TrainConfig& config, int64_t warmup_steps, int64_t total_steps, int64_t epochs)
    : decay_(config.lr_decay),
      lr_(config.lr),
      lr_min_(config.lr_min),
      warmup_steps_(warmup_steps),
      total_steps_(total_steps),
      factor_(config.lr_step_factor) {
  if (decay_ == RateDecay::kSteps) falls_ = FallsOf(config, total_steps, epochs);
  if (warmup_steps < 0 || warmup_steps >= total_steps) {
    throw ConfigError("lr_warmup_epochs: the warm-up of the learning rate takes " + std::to_string(warmup_steps) +
                      " of " + std::to_string(total_steps) + " steps and leaves none; lower it or train for longer");
  }
  if (lr_min_ > lr_) {
    throw ConfigError("lr_min: " + std::to_string(lr_min_) + " is above lr, " + std::to_string(lr_));
  }
}

double RateSchedule::At(int64_t step) const {
  if (step < warmup_steps_) return lr_ * static_cast<double>(step + 1) / static_cast<double>(warmup_steps_);
  if (decay_ == RateDecay::kSteps) {
    const auto fallen = std::ranges::upper_bound(falls_, step) - falls_.begin();
    return lr_ * std::pow(factor_, static_cast<double>(fallen));
  }
  const double done = static_cast<double>(step - warmup_steps_) / static_cast<double>(total_steps_ - warmup_steps_);
  return lr_min_ + 0.5 * (lr_ - lr_min_) * (1 + std::cos(std::numbers::pi * std::min(done, 1.0)));
}

}  // namespace danas
