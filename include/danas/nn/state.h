// A module's parameters and buffers as named tensors, out and in.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <string>
#include <utility>
#include <vector>

namespace danas {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

// Parameters and buffers by name, in the module's order: the tensors themselves, without gradient.
NamedTensors StateOf(const torch::nn::Module& module);

// Copies into the module, in its layout and on its device; floating types are converted. Nothing is copied unless all
// fits: throws CheckpointError that begins with `where` and lists the first missing, unexpected, wrongly shaped and
// wrongly typed names.
void LoadState(torch::nn::Module& module, const NamedTensors& state, const std::string& where);

// The same into the tensors `own`: those of StateOf() under other names, say.
void CopyState(const NamedTensors& own, const NamedTensors& state, const std::string& where);

// A type as Python names it: "float32", "int64".
std::string TypeText(at::ScalarType type);

// Every number of floating tensors is finite once converted to `type`; throws CheckpointError that begins with `where`
// and names the first tensor that has others, with how many of them are NaN, infinite or too large for the type.
void RequireFinite(const NamedTensors& weights, at::ScalarType type, const std::string& where);

}  // namespace danas
