#include "danas/run/run_state.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace danas {
namespace {

std::string ShapeText(const at::Tensor& tensor) {
  std::string text;
  for (const int64_t size : tensor.sizes()) text += (text.empty() ? "" : "x") + std::to_string(size);
  return "[" + text + "]";
}

}  // namespace

StateFields::StateFields(NamedTensors tensors, Json values, at::Device device, int64_t version)
    : restoring_(true), version_(version), device_(device), tensors_(std::move(tensors)), values_(std::move(values)) {
  std::sort(tensors_.begin(), tensors_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
}

const Json& StateFields::TakeValue(const std::string& name) {
  const auto value = values_.find(name);
  if (value == values_.end()) throw CheckpointError("the checkpoint has no value '" + name + "'");
  taken_.insert(name);
  return *value;
}

void StateFields::FailOfType(const std::string& name, const Json& saved) const {
  throw CheckpointError("the checkpoint's value '" + prefix_ + name + "' is of the wrong type, a " +
                        saved.type_name());
}

const at::Tensor* StateFields::FindTensor(const std::string& name) {
  const auto before = [](const auto& tensor, const std::string& wanted) { return tensor.first < wanted; };
  const auto found = std::lower_bound(tensors_.begin(), tensors_.end(), name, before);
  if (found == tensors_.end() || found->first != name) return nullptr;
  taken_.insert(name);
  return &found->second;
}

void StateFields::Contents(const std::string& name, const at::Tensor& tensor) {
  const std::string full = prefix_ + name;
  if (!restoring_) {
    tensors_.emplace_back(full, tensor.detach());
    return;
  }
  const at::Tensor* saved = FindTensor(full);
  if (saved == nullptr) throw CheckpointError("the checkpoint has no tensor '" + full + "'");
  if (saved->sizes() != tensor.sizes() || saved->scalar_type() != tensor.scalar_type()) {
    throw CheckpointError("the checkpoint's tensor '" + full + "' is " + ShapeText(*saved) + ", the run's is " +
                          ShapeText(tensor));
  }
  const at::NoGradGuard no_grad;
  tensor.detach().copy_(*saved);
}

void StateFields::Tensor(const std::string& name, at::Tensor& tensor) {
  bool defined = tensor.defined();
  Value(name + ".defined", defined);
  if (!restoring_) {
    if (defined) tensors_.emplace_back(prefix_ + name, tensor.detach());
    return;
  }
  tensor = at::Tensor();
  if (!defined) return;
  const at::Tensor* saved = FindTensor(prefix_ + name);
  if (saved == nullptr) throw CheckpointError("the checkpoint has no tensor '" + prefix_ + name + "'");
  tensor = saved->to(device_, saved->scalar_type(), false, /*copy=*/true);
}

void StateFields::Leave(const std::string& name) {
  const std::string begin = prefix_ + name + ".";
  for (const auto& [full, tensor] : tensors_) {
    if (full.starts_with(begin)) taken_.insert(full);
  }
  for (const auto& [full, value] : values_.items()) {
    if (full.starts_with(begin)) taken_.insert(full);
  }
}

void StateFields::RequireAllTaken() const {
  for (const auto& [name, tensor] : tensors_) {
    if (!taken_.contains(name))
      throw CheckpointError("the checkpoint has a tensor '" + name + "' that is not used here");
  }
  for (const auto& [name, value] : values_.items()) {
    if (!taken_.contains(name))
      throw CheckpointError("the checkpoint has a value '" + name + "' that is not used here");
  }
}

}  // namespace danas
