// The learning rate of every iteration: linear warm-up to lr, then one cosine from lr towards lr_min over all the rest
// (Loshchilov & Hutter, SGDR, ICLR 2017, without restarts).
#pragma once

#include <cstdint>

#include "danas/config/train_config.h"

namespace danas {

class CosineSchedule {
 public:
  // Throws ConfigError unless 0 <= warmup_steps < total_steps and lr_min <= lr.
  CosineSchedule(const TrainConfig& config, int64_t warmup_steps, int64_t total_steps);

  // step counts from 0. In warm-up lr * (step + 1) / warmup_steps (ProxylessNAS; no step is lost to a rate of 0); then,
  // t the steps since, n their number: lr_min + (lr - lr_min) / 2 * (1 + cos(π t / n)), which lr_min ends.
  double At(int64_t step) const;

 private:
  double lr_, lr_min_;
  int64_t warmup_steps_, total_steps_;
};

}  // namespace danas
