// SGD with (Nesterov) momentum, or Adam, over named parameters, in PyTorch's form, stepped for all tensors at once.
// With g = gradient + weight_decay * w:
//   sgd   v <- momentum * v + g;  w <- w - lr * (nesterov ? g + momentum * v : v)
//   adam  m <- beta1 * m + (1 - beta1) * g;  v <- beta2 * v + (1 - beta2) * g²;
//         w <- w - lr * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + 1e-8), t the steps of that parameter
//         (Kingma & Ba, ICLR 2015)
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <string>
#include <utility>
#include <vector>

#include "danas/config/train_config.h"
#include "danas/run/run_state.h"

namespace danas {

class Optimizer {
 public:
  explicit Optimizer(const TrainConfig& config) : config_(config) {}

  // (Re)binds to the module's parameters by name. What is kept of names that stay is kept to the bit, of names that are
  // gone (pruned candidates) dropped, of new ones zero: their first step is then PyTorch's. Throws
  // std::invalid_argument where a name that stays has another shape.
  void Bind(torch::nn::Module& module);

  // Gradients become undefined, so that a step leaves parameters that no pass reached alone.
  void ZeroGradients();
  std::vector<at::Tensor> Gradients() const;  // the defined ones

  // L2 norm of all gradients together, a scalar on the device; 0 without gradients.
  at::Tensor GradientNorm() const;
  // Multiplies the gradients by min(1, max_norm / norm).
  void ClipGradients(const at::Tensor& norm, double max_norm);

  // Parameters without a gradient keep weight and state. `found_inf` (LossScaler::Unscale): where it is 1, so do
  // all.
  void Step(double lr, const at::Tensor& found_inf = {});

  void Describe(StateFields& fields);

  // v of SGD, m of Adam, by name; the tensors are the state itself.
  std::vector<std::pair<std::string, at::Tensor>> Momentum() const;

 private:
  struct Slot {
    std::string name;
    at::Tensor parameter;
    at::Tensor momentum;  // v of SGD, m of Adam
    at::Tensor square;    // v of Adam
    at::Tensor steps;     // t of Adam, a float
    bool decay = true;
  };
  // With gradients of one kind (decay or none).
  struct Group {
    std::vector<at::Tensor> parameters, gradients, momenta, squares, steps;
  };
  Group GroupOf(bool decay) const;
  TrainConfig config_;
  std::vector<Slot> slots_;
};

}  // namespace danas
