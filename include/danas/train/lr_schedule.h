// The learning rate of every iteration: linear warm-up from 0, then one cosine to lr_min over all the rest.
#pragma once

#include <cstdint>

#include "danas/config/train_config.h"

namespace danas {

class CosineSchedule {
 public:
  CosineSchedule(const TrainConfig& config, int64_t warmup_steps, int64_t total_steps);
  double At(int64_t step) const;  // step counts from 0

 private:
  double lr_, lr_min_;
  int64_t warmup_steps_, total_steps_;
};

}  // namespace danas
