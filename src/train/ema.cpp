#include "danas/train/ema.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <stdexcept>

namespace danas {

Ema::Ema(double decay) : decay_(decay) {
  if (!(decay > 0 && decay < 1)) throw std::invalid_argument("the decay of an average must be between 0 and 1");
}

void Ema::Bind(const torch::nn::Module& module) {
  std::map<std::string, at::Tensor> kept;
  for (const Slot& slot : slots_) kept[slot.name] = slot.average;
  slots_.clear();
  const auto add = [&](const std::string& name, const at::Tensor& tensor, bool is_parameter) {
    const auto found = kept.find(name);
    const at::Tensor average = found != kept.end() ? found->second : tensor.detach().clone();
    slots_.push_back({name, tensor.detach(), average, is_parameter});
  };
  for (const auto& item : module.named_parameters()) add(item.key(), item.value(), true);
  for (const auto& item : module.named_buffers()) add(item.key(), item.value(), false);
}

void Ema::Update() {
  const at::NoGradGuard no_grad;
  const double n = static_cast<double>(updates_++);
  const double decay = std::min(decay_, (1 + n) / (10 + n));
  std::vector<at::Tensor> averages, weights, copies, buffers;
  for (const Slot& slot : slots_) {
    (slot.is_parameter ? averages : copies).push_back(slot.average);
    (slot.is_parameter ? weights : buffers).push_back(slot.tensor);
  }
  if (!averages.empty()) at::_foreach_lerp_(averages, weights, 1 - decay);
  if (!copies.empty()) at::_foreach_copy_(copies, buffers);
}

void Ema::Restart() {
  const at::NoGradGuard no_grad;
  updates_ = 0;
  for (const Slot& slot : slots_) slot.average.copy_(slot.tensor);
}

void Ema::Describe(StateFields& fields) {
  fields.Value("updates", updates_);
  for (const Slot& slot : slots_) fields.Contents(slot.name, slot.average);
}

NamedTensors Ema::State() const {
  NamedTensors state;
  for (const Slot& slot : slots_) state.emplace_back(slot.name, slot.average);
  return state;
}

}  // namespace danas
