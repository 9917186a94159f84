// SGD with (Nesterov) momentum over named parameters, in PyTorch's form, stepped for all tensors at once.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <map>
#include <string>
#include <vector>

#include "danas/config/train_config.h"

namespace danas {

class Sgd {
 public:
  explicit Sgd(const TrainConfig& config) : config_(config) {}

  // (Re)binds to the module's parameters by name. Momentum of names that stay is kept to the bit, of names that are gone
  // (pruned candidates) dropped, of new ones zero.
  void Bind(torch::nn::Module& module);

  void ZeroGradients();
  double ClipGradients(double max_norm);  // returns the norm before clipping
  void Step(double lr);                   // parameters without a gradient are left alone

  std::vector<std::pair<std::string, at::Tensor>> Momentum() const;

 private:
  struct Slot {
    std::string name;
    at::Tensor parameter;
    at::Tensor momentum;
    bool decay = true;
  };
  TrainConfig config_;
  std::vector<Slot> slots_;
};

}  // namespace danas
