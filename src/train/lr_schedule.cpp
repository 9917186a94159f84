#include "danas/train/lr_schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "danas/core/error.h"

namespace danas {

CosineSchedule::CosineSchedule(const TrainConfig& config, int64_t warmup_steps, int64_t total_steps)
    : lr_(config.lr), lr_min_(config.lr_min), warmup_steps_(warmup_steps), total_steps_(total_steps) {
  if (warmup_steps < 0 || warmup_steps >= total_steps) {
    throw ConfigError("lr_warmup_epochs: the warm-up of the learning rate takes " + std::to_string(warmup_steps) +
                      " of " + std::to_string(total_steps) + " steps and leaves none; lower it or train for longer");
  }
  if (lr_min_ > lr_) {
    throw ConfigError("lr_min: " + std::to_string(lr_min_) + " is above lr, " + std::to_string(lr_));
  }
}

double CosineSchedule::At(int64_t step) const {
  if (step < warmup_steps_) return lr_ * static_cast<double>(step + 1) / static_cast<double>(warmup_steps_);
  const double done = static_cast<double>(step - warmup_steps_) / static_cast<double>(total_steps_ - warmup_steps_);
  return lr_min_ + 0.5 * (lr_ - lr_min_) * (1 + std::cos(std::numbers::pi * std::min(done, 1.0)));
}

}  // namespace danas
