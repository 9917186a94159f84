#include "danas/nn/state.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <sstream>

#include "danas/core/error.h"
#include "danas/core/text_list.h"

namespace danas {
namespace {

constexpr size_t kNamesShown = 5;

// "3 missing: a, b, c"; "" for none.
std::string Listed(const std::string& what, const std::vector<std::string>& names) {
  if (names.empty()) return "";
  return "; " + std::to_string(names.size()) + " " + what + ": " + FirstOf(names, kNamesShown);
}

std::string ShapeText(const at::Tensor& tensor) {
  std::ostringstream text;
  text << tensor.sizes();
  return text.str();
}

struct Differences {
  std::vector<std::string> missing, unexpected, shapes, types;

  std::string Text() const {
    return Listed("missing", missing) + Listed("unexpected", unexpected) + Listed("with a different shape", shapes) +
           Listed("with a different type", types);
  }
};

Differences Compare(const NamedTensors& expected, const std::map<std::string, at::Tensor>& found) {
  Differences differences;
  std::map<std::string, at::Tensor> left = found;
  for (const auto& [name, tensor] : expected) {
    const auto it = found.find(name);
    if (it == found.end()) {
      differences.missing.push_back(name);
      continue;
    }
    left.erase(name);
    const at::Tensor& given = it->second;
    if (given.sizes() != tensor.sizes()) {
      differences.shapes.push_back(name + " is " + ShapeText(given) + " instead of " + ShapeText(tensor));
    } else if (given.scalar_type() != tensor.scalar_type() &&
               !(given.is_floating_point() && tensor.is_floating_point())) {
      differences.types.push_back(name + " is " + TypeText(given.scalar_type()) + " instead of " +
                                  TypeText(tensor.scalar_type()));
    }
  }
  for (const auto& [name, tensor] : left) differences.unexpected.push_back(name);
  return differences;
}

// "3 NaN and 1 infinite of 64 numbers"
std::string NotFiniteText(const at::Tensor& tensor) {
  const at::Tensor numbers = tensor.to(at::kDouble);
  const auto nan = numbers.isnan().sum().item<int64_t>(), infinite = numbers.isinf().sum().item<int64_t>();
  std::string text = nan > 0 ? std::to_string(nan) + " NaN" : "";
  if (infinite > 0) text += (text.empty() ? "" : " and ") + std::to_string(infinite) + " infinite";
  return text.empty() ? text : text + " of " + std::to_string(tensor.numel()) + " numbers";
}

}  // namespace

std::string TypeText(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return "float32";
    case at::kDouble:
      return "float64";
    case at::kHalf:
      return "float16";
    case at::kBFloat16:
      return "bfloat16";
    case at::kLong:
      return "int64";
    case at::kInt:
      return "int32";
    case at::kShort:
      return "int16";
    case at::kChar:
      return "int8";
    case at::kByte:
      return "uint8";
    case at::kBool:
      return "bool";
    default: {
      std::string text = c10::toString(type);
      std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
      return text;
    }
  }
}

void RequireFinite(const NamedTensors& weights, at::ScalarType type, const std::string& where) {
  std::string first;
  size_t tensors = 0;
  for (const auto& [name, tensor] : weights) {
    if (!tensor.is_floating_point() || tensor.to(type).isfinite().all().item<bool>()) continue;
    if (++tensors > 1) continue;
    const std::string found = NotFiniteText(tensor);
    first = name + " has " + (found.empty() ? "numbers too large for " + TypeText(type) : found);
  }
  if (tensors == 0) return;
  const std::string more = tensors > 1 ? ", and so do " + std::to_string(tensors - 1) + " more tensors" : "";
  throw CheckpointError(where + ": these weights cannot be used: " + first + more +
                        ". The training that wrote them diverged; use weights from before that");
}

NamedTensors StateOf(const torch::nn::Module& module) {
  NamedTensors state;
  for (const auto& item : module.named_parameters()) state.emplace_back(item.key(), item.value().detach());
  for (const auto& item : module.named_buffers()) state.emplace_back(item.key(), item.value().detach());
  return state;
}

void LoadState(torch::nn::Module& module, const NamedTensors& state, const std::string& where) {
  CopyState(StateOf(module), state, where);
}

void CopyState(const NamedTensors& own, const NamedTensors& state, const std::string& where) {
  const std::map<std::string, at::Tensor> given(state.begin(), state.end());
  if (const std::string text = Compare(own, given).Text(); !text.empty()) {
    throw CheckpointError(where + " does not fit this architecture" + text +
                          ". Expected the weights of the same network");
  }
  const at::NoGradGuard no_gradient;
  for (const auto& [name, tensor] : own) at::Tensor(tensor).copy_(given.at(name));
}

}  // namespace danas
