// The learning rate of every iteration: linear warm-up to lr, then one cosine from lr towards lr_min over all the rest
// (Loshchilov & Hutter, SGDR, ICLR 2017, without restarts), or steps down (PyTorch's MultiStepLR).
#pragma once

#include <cstdint>
#include <vector>

#include "danas/config/train_config.h"

namespace danas {

class RateSchedule {
 public:
  // `epochs`: of the steps, for config.lr_steps. Throws ConfigError unless 0 <= warmup_steps < total_steps,
  // lr_min <= lr, and lr_steps rise and lie within the epochs.
  RateSchedule(const TrainConfig& config, int64_t warmup_steps, int64_t total_steps, int64_t epochs = 1);

  // step counts from 0. In warm-up lr * (step + 1) / warmup_steps (ProxylessNAS; no step is lost to a rate of 0). Then
  // with a cosine, t the steps since, n their number: lr_min + (lr - lr_min) / 2 * (1 + cos(π t / n)), which lr_min
  // ends. With steps down: lr times the factor for each of them that is at or before this step.
  double At(int64_t step) const;

 private:
  RateDecay decay_;
  double lr_, lr_min_;
  int64_t warmup_steps_, total_steps_;
  std::vector<int64_t> falls_;  // with steps down: the first step with the next lower rate
  double factor_;
};

}  // namespace danas
