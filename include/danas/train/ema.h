// Exponential moving average of a network's weights.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <string>
#include <vector>

#include "danas/nn/safetensors.h"
#include "danas/run/run_state.h"

namespace danas {

class Ema {
 public:
  // Throws std::invalid_argument unless 0 < decay < 1.
  explicit Ema(double decay);

  // (Re)binds to the module's tensors by name. The average of names that stay is kept, of new ones starts at the
  // weight.
  void Bind(const torch::nn::Module& module);

  // average <- d * average + (1 - d) * weight with d = min(decay, (1 + n) / (10 + n)) at the n-th update from 0, so
  // that a short run does not keep its random start (TensorFlow's ExponentialMovingAverage). Buffers (statistics of
  // batch norm) are copied.
  void Update();

  // As after the first Bind(): the averages are the weights as they are now.
  void Restart();

  void Describe(StateFields& fields);

  NamedTensors State() const;  // averages and buffers, as LoadState() takes them
  int64_t updates() const { return updates_; }

 private:
  struct Slot {
    std::string name;
    at::Tensor tensor;
    at::Tensor average;
    bool is_parameter;
  };
  double decay_;
  int64_t updates_ = 0;
  std::vector<Slot> slots_;
};

}  // namespace danas
