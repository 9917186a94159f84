// Modules with known weights, and a look at the layouts that operators make.
#pragma once

#include <ATen/ATen.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/module.h>

#include <cmath>
#include <functional>
#include <memory>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "danas/arch/spec.h"
#include "danas/nn/state.h"
#include "tests/support/torch_support.h"

namespace danas::test {

// Random weights, norms' weights and running statistics; scaled by the fan-in, so that features stay near 1 and float
// errors small.
inline void RandomiseState(torch::nn::Module& module, uint64_t seed) {
  for (const auto& [name, tensor] : StateOf(module)) {
    at::Tensor values = RandomTensor(tensor.sizes(), seed++);
    if (tensor.dim() > 1) values /= std::sqrt(static_cast<double>(tensor.numel() / tensor.size(0)));
    if (name.ends_with("running_var")) values = values.abs() + 0.5;
    at::Tensor(tensor).copy_(values);
  }
}

// The activation as its formula says, in operators that danas does not use for it.
inline at::Tensor PlainlyActivated(const at::Tensor& x, Activation activation) {
  const at::Tensor zero = at::zeros_like(x);
  switch (activation) {
    case Activation::kRelu:
      return at::maximum(x, zero);
    case Activation::kRelu6:
      return at::minimum(at::maximum(x, zero), zero + 6);
    case Activation::kHardSwish:
      return x * at::minimum(at::maximum(x + 3, zero), zero + 6) / 6;
    case Activation::kSwish:
      return x / (1 + (-x).exp());
    case Activation::kSigmoid:
      return 1 / (1 + (-x).exp());
    case Activation::kHardSigmoid:
      return at::hardsigmoid(x);  // ATen's sixth is a float's, whatever the type
    case Activation::kGelu:
      return x * (1 + at::erf(x / std::sqrt(2.0))) / 2;
  }
  throw std::invalid_argument("unknown activation");
}

// Those of a random projection, for every input; `actual` and `expected` are functions of them.
inline void ExpectSameGradients(const at::Tensor& actual, const at::Tensor& expected,
                                const std::vector<at::Tensor>& inputs) {
  const at::Tensor factor = RandomTensor(expected.sizes(), 3);
  const auto actual_gradients = torch::autograd::grad({(actual * factor).sum()}, inputs);
  const auto expected_gradients = torch::autograd::grad({(expected * factor).sum()}, inputs);
  for (size_t i = 0; i < inputs.size(); ++i) ExpectClose(actual_gradients[i], expected_gradients[i], 1e-9, 1e-9);
}

inline at::Tensor RandomImages(at::IntArrayRef sizes, uint64_t seed, at::ScalarType type = at::kFloat) {
  return RandomTensor(sizes, seed, type).contiguous(at::MemoryFormat::ChannelsLast);
}

// Gives the kernels of a module's convolutions the strides of the layout, as a run does to all its networks.
inline void SetLayout(torch::nn::Module& module, at::MemoryFormat layout) {
  const at::NoGradGuard no_grad;
  for (at::Tensor& parameter : module.parameters()) {
    if (parameter.dim() == 4) parameter.set_data(at::empty_like(parameter, layout).copy_(parameter));
  }
}

// The operators in `action` that fill feature maps of `batch` images in another layout, of contiguous and
// channels_last. Maps of one channel or one position have none.
inline std::vector<std::string> OperatorsOutside(at::MemoryFormat layout, int64_t batch,
                                                 const std::function<void()>& action) {
  static thread_local std::vector<std::string> found;
  static thread_local int64_t images;
  static thread_local at::MemoryFormat wanted, other;
  found.clear();
  images = batch;
  wanted = layout;
  other = layout == at::MemoryFormat::ChannelsLast ? at::MemoryFormat::Contiguous : at::MemoryFormat::ChannelsLast;
  const auto look = [](const at::RecordFunction& function, at::ObserverContext*) {
    // These fill nothing. What they view, or who calls them, is seen by itself.
    static const std::set<std::string_view> kViews = {"aten::as_strided", "aten::as_strided_", "aten::permute",
                                                      "aten::reshape",    "aten::resize_",     "aten::view"};
    if (kViews.contains(function.name())) return;
    for (const c10::IValue& output : function.outputs()) {
      if (!output.isTensor() || !output.toTensor().defined()) continue;
      const at::Tensor tensor = output.toTensor();
      if (tensor.dim() != 4 || tensor.size(0) != images) continue;
      if (!tensor.is_contiguous(other) || tensor.is_contiguous(wanted)) continue;
      std::ostringstream text;
      text << function.name() << ' ' << tensor.sizes();
      found.push_back(text.str());
    }
  };
  const at::CallbackHandle handle =
      at::addThreadLocalCallback(at::RecordFunctionCallback(nullptr, look).needsOutputs(true));
  action();
  at::removeCallback(handle);
  return found;
}

// How often `action` calls the operator of this name.
inline int CountOperators(std::string_view name, const std::function<void()>& action) {
  static thread_local std::string_view wanted;
  static thread_local int count;
  wanted = name;
  count = 0;
  const auto look = [](const at::RecordFunction& function) -> std::unique_ptr<at::ObserverContext> {
    if (function.name() == wanted) ++count;
    return nullptr;
  };
  const at::CallbackHandle handle = at::addThreadLocalCallback(at::RecordFunctionCallback(look));
  action();
  at::removeCallback(handle);
  return count;
}

}  // namespace danas::test
