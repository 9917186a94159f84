#include "danas/train/optimizer.h"

#include <ATen/ATen.h>

#include <map>
#include <optional>
#include <stdexcept>

namespace danas {
namespace {

// The fused step walks parameter, gradient and momentum element by element in memory: their layouts must agree.
at::Tensor InLayoutOf(const at::Tensor& parameter, const at::Tensor& tensor) {
  if (tensor.strides() == parameter.strides()) return tensor;
  return at::empty_like(parameter, tensor.options()).copy_(tensor);
}

}  // namespace

void Sgd::Bind(torch::nn::Module& module) {
  const at::NoGradGuard no_grad;
  std::map<std::string, at::Tensor> kept;
  for (const Slot& slot : slots_) kept[slot.name] = slot.momentum;
  slots_.clear();
  for (const auto& item : module.named_parameters()) {
    const at::Tensor& parameter = item.value();
    const auto found = kept.find(item.key());
    if (found != kept.end() && found->second.sizes() != parameter.sizes()) {
      throw std::invalid_argument("the parameter " + item.key() + " has a different shape from its momentum");
    }
    const at::Tensor momentum = found == kept.end()
                                    ? at::zeros_like(parameter.detach())
                                    : InLayoutOf(parameter.detach(), found->second.to(parameter.device()));
    // Weights of norms and biases are vectors, all other parameters are not.
    const bool decay = config_.decay_norm_and_bias || parameter.dim() > 1;
    slots_.push_back({item.key(), parameter, momentum, decay});
  }
}

void Sgd::ZeroGradients() {
  for (Slot& slot : slots_) slot.parameter.mutable_grad().reset();
}

std::vector<at::Tensor> Sgd::Gradients() const {
  std::vector<at::Tensor> gradients;
  for (const Slot& slot : slots_) {
    if (slot.parameter.grad().defined()) gradients.push_back(slot.parameter.grad());
  }
  return gradients;
}

at::Tensor Sgd::GradientNorm() const {
  const std::vector<at::Tensor> gradients = Gradients();
  if (gradients.empty()) return at::zeros({});
  return at::stack(at::_foreach_norm(gradients, 2)).norm();
}

void Sgd::ClipGradients(const at::Tensor& norm, double max_norm) {
  const std::vector<at::Tensor> gradients = Gradients();
  if (!gradients.empty()) at::_foreach_mul_(gradients, (max_norm / norm).clamp_max(1));
}

void Sgd::Step(double lr, const at::Tensor& found_inf) {
  const at::NoGradGuard no_grad;
  for (const bool decay : {true, false}) {
    std::vector<at::Tensor> parameters, gradients, momenta;
    for (const Slot& slot : slots_) {
      if (slot.decay != decay || !slot.parameter.grad().defined()) continue;
      parameters.push_back(slot.parameter);
      gradients.push_back(InLayoutOf(slot.parameter, slot.parameter.grad()));
      momenta.push_back(slot.momentum);
    }
    if (parameters.empty()) continue;
    // Without momentum the fused step takes no buffers. is_first_step would write v = g, as zero momentum gives too.
    if (config_.momentum == 0) momenta.clear();
    at::_fused_sgd_(parameters, gradients, momenta, decay ? config_.weight_decay : 0, config_.momentum, lr,
                    /*dampening=*/0, config_.nesterov && config_.momentum > 0, /*maximize=*/false,
                    /*is_first_step=*/false, /*grad_scale=*/{},
                    found_inf.defined() ? std::optional<at::Tensor>(found_inf) : std::nullopt);
  }
}

void Sgd::Describe(StateFields& fields) {
  for (const Slot& slot : slots_) fields.Contents(slot.name, slot.momentum);
}

std::vector<std::pair<std::string, at::Tensor>> Sgd::Momentum() const {
  std::vector<std::pair<std::string, at::Tensor>> momentum;
  for (const Slot& slot : slots_) momentum.emplace_back(slot.name, slot.momentum);
  return momentum;
}

}  // namespace danas
