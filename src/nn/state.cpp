#include "danas/nn/state.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <map>
#include <sstream>

#include "danas/core/error.h"

namespace danas {
namespace {

constexpr size_t kNamesShown = 5;

// "3 missing: a, b, c"; "" for none.
std::string Listed(const std::string& what, const std::vector<std::string>& names) {
  if (names.empty()) return "";
  std::ostringstream text;
  text << "; " << names.size() << ' ' << what << ": ";
  for (size_t i = 0; i < std::min(names.size(), kNamesShown); ++i) text << (i == 0 ? "" : ", ") << names[i];
  if (names.size() > kNamesShown) text << ", ...";
  return text.str();
}

std::string ShapeText(const at::Tensor& tensor) {
  std::ostringstream text;
  text << tensor.sizes();
  return text.str();
}

struct Differences {
  std::vector<std::string> missing, unexpected, shapes, types;

  std::string Text() const {
    return Listed("missing", missing) + Listed("unexpected", unexpected) + Listed("of another shape", shapes) +
           Listed("of another type", types);
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
      differences.types.push_back(name + " is " + c10::toString(given.scalar_type()) + " instead of " +
                                  c10::toString(tensor.scalar_type()));
    }
  }
  for (const auto& [name, tensor] : left) differences.unexpected.push_back(name);
  return differences;
}

}  // namespace

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
