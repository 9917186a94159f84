// Trading time for memory: a part of a network keeps its inputs alone and is computed again in backward (Chen et al.,
// "Training Deep Nets with Sublinear Memory Cost", 2016).
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <functional>
#include <vector>

namespace danas {

using ModuleFunction = std::function<at::Tensor(const std::vector<at::Tensor>& inputs)>;

// function(inputs), which may use `module`'s parameters and no other tensor that wants a gradient. In backward it is
// called again, with the same autocast settings, and the running statistics of `module`'s norms are not moved a second
// time: gradients are the same to the bit. Inputs are defined tensors; the function draws no random numbers.
at::Tensor Recomputed(torch::nn::Module& module, const std::vector<at::Tensor>& inputs, const ModuleFunction& function);

}  // namespace danas
