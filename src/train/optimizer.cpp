#include "danas/train/optimizer.h"

#include <ATen/ATen.h>

#include <map>
#include <optional>
#include <stdexcept>

namespace danas {
namespace {

constexpr double kAdamEpsilon = 1e-8;  // PyTorch's

// The fused step walks parameter, gradient and momentum element by element in memory: their layouts must agree.
at::Tensor InLayoutOf(const at::Tensor& parameter, const at::Tensor& tensor) {
  if (tensor.strides() == parameter.strides()) return tensor;
  return at::empty_like(parameter, tensor.options()).copy_(tensor);
}

}  // namespace

void Optimizer::Bind(torch::nn::Module& module) {
  const at::NoGradGuard no_grad;
  std::map<std::string, Slot> kept;
  for (const Slot& slot : slots_) kept[slot.name] = slot;
  slots_.clear();
  for (const auto& item : module.named_parameters()) {
    const at::Tensor& parameter = item.value();
    const auto found = kept.find(item.key());
    if (found != kept.end() && found->second.momentum.sizes() != parameter.sizes()) {
      throw std::invalid_argument("the parameter " + item.key() + " has a different shape from its momentum");
    }
    const auto state = [&](at::Tensor Slot::*member) {
      return found == kept.end() ? at::zeros_like(parameter.detach())
                                 : InLayoutOf(parameter.detach(), (found->second.*member).to(parameter.device()));
    };
    Slot& slot = slots_.emplace_back();
    slot.name = item.key();
    slot.parameter = parameter;
    slot.momentum = state(&Slot::momentum);
    if (config_.optimizer == OptimizerKind::kAdam) {
      slot.square = state(&Slot::square);
      slot.steps = found == kept.end() ? at::zeros({}, parameter.options().dtype(at::kFloat).requires_grad(false))
                                       : found->second.steps.to(parameter.device());
    }
    // Weights of norms and biases are vectors, all other parameters are not.
    slot.decay = config_.decay_norm_and_bias || parameter.dim() > 1;
  }
}

void Optimizer::ZeroGradients() {
  for (Slot& slot : slots_) slot.parameter.mutable_grad().reset();
}

std::vector<at::Tensor> Optimizer::Gradients() const {
  std::vector<at::Tensor> gradients;
  for (const Slot& slot : slots_) {
    if (slot.parameter.grad().defined()) gradients.push_back(slot.parameter.grad());
  }
  return gradients;
}

at::Tensor Optimizer::GradientNorm() const {
  const std::vector<at::Tensor> gradients = Gradients();
  if (gradients.empty()) return at::zeros({});
  return at::stack(at::_foreach_norm(gradients, 2)).norm();
}

void Optimizer::ClipGradients(const at::Tensor& norm, double max_norm) {
  const std::vector<at::Tensor> gradients = Gradients();
  if (!gradients.empty()) at::_foreach_mul_(gradients, (max_norm / norm).clamp_max(1));
}

Optimizer::Group Optimizer::GroupOf(bool decay) const {
  Group group;
  for (const Slot& slot : slots_) {
    if (slot.decay != decay || !slot.parameter.grad().defined()) continue;
    group.parameters.push_back(slot.parameter);
    group.gradients.push_back(InLayoutOf(slot.parameter, slot.parameter.grad()));
    group.momenta.push_back(slot.momentum);
    if (config_.optimizer == OptimizerKind::kSgd) continue;
    group.squares.push_back(slot.square);
    group.steps.push_back(slot.steps);
  }
  return group;
}

void Optimizer::Step(double lr, const at::Tensor& found_inf) {
  const at::NoGradGuard no_grad;
  const std::optional<at::Tensor> inf = found_inf.defined() ? std::optional<at::Tensor>(found_inf) : std::nullopt;
  for (const bool decay : {true, false}) {
    Group group = GroupOf(decay);
    if (group.parameters.empty()) continue;
    const double weight_decay = decay ? config_.weight_decay : 0;
    if (config_.optimizer == OptimizerKind::kAdam) {
      at::_foreach_add_(group.steps, 1);
      at::_fused_adam_(group.parameters, group.gradients, group.momenta, group.squares, /*max_exp_avg_sqs=*/{},
                       group.steps, lr, config_.beta1, config_.beta2, weight_decay, kAdamEpsilon, /*amsgrad=*/false,
                       /*maximize=*/false, /*grad_scale=*/{}, inf);
      if (inf) at::_foreach_sub_(group.steps, std::vector<at::Tensor>(group.steps.size(), *inf));
      continue;
    }
    // Without momentum the fused step takes no buffers. is_first_step would write v = g, as zero momentum gives too.
    if (config_.momentum == 0) group.momenta.clear();
    at::_fused_sgd_(group.parameters, group.gradients, group.momenta, weight_decay, config_.momentum, lr,
                    /*dampening=*/0, config_.nesterov && config_.momentum > 0, /*maximize=*/false,
                    /*is_first_step=*/false, /*grad_scale=*/{}, inf);
  }
}

void Optimizer::Describe(StateFields& fields) {
  for (const Slot& slot : slots_) fields.Contents(slot.name, slot.momentum);
  if (config_.optimizer == OptimizerKind::kSgd) return;
  fields.Within("square", [&](StateFields& f) {
    for (const Slot& slot : slots_) f.Contents(slot.name, slot.square);
  });
  fields.Within("steps", [&](StateFields& f) {
    for (const Slot& slot : slots_) f.Contents(slot.name, slot.steps);
  });
}

std::vector<std::pair<std::string, at::Tensor>> Optimizer::Momentum() const {
  std::vector<std::pair<std::string, at::Tensor>> momentum;
  for (const Slot& slot : slots_) momentum.emplace_back(slot.name, slot.momentum);
  return momentum;
}

}  // namespace danas
