// SGD with (Nesterov) momentum over named parameters, in PyTorch's form, stepped for all tensors at once:
//   g <- gradient + weight_decay * w;  v <- momentum * v + g;  w <- w - lr * (nesterov ? g + momentum * v : v)
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <string>
#include <utility>
#include <vector>

#include "danas/config/train_config.h"
#include "danas/run/run_state.h"

namespace danas {

class Sgd {
 public:
  explicit Sgd(const TrainConfig& config) : config_(config) {}

  // (Re)binds to the module's parameters by name. Momentum of names that stay is kept to the bit, of names that are
  // gone (pruned candidates) dropped, of new ones zero: their first step is then PyTorch's, v = g. Throws
  // std::invalid_argument where a name that stays has another shape.
  void Bind(torch::nn::Module& module);

  // Gradients become undefined, so that a step leaves parameters that no pass reached alone.
  void ZeroGradients();
  std::vector<at::Tensor> Gradients() const;  // the defined ones

  // L2 norm of all gradients together, a scalar on the device; 0 without gradients.
  at::Tensor GradientNorm() const;
  // Multiplies the gradients by min(1, max_norm / norm).
  void ClipGradients(const at::Tensor& norm, double max_norm);

  // Parameters without a gradient keep weight and momentum. `found_inf` (LossScaler::Unscale): where it is 1, so do
  // all.
  void Step(double lr, const at::Tensor& found_inf = {});

  void Describe(StateFields& fields);

  // By name; the tensors are the state itself.
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
