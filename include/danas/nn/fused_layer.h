// A layer's candidates as one autograd node over the fused kernels of `kernels/`, where they fit: inverted residuals
// with depthwise 3x3, 5x5 or 7x7 of stride 1 or 2 and ReLU or ReLU6, on the CPU, in float32 or double.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "danas/arch/graph_chains.h"
#include "danas/arch/spec.h"
#include "danas/config/nn_config.h"
#include "danas/nn/convolution.h"

namespace danas {

// 1x1, depthwise, 1x1, each with its norm, as a block holds them; `expand` may be null. All null: the input alone.
struct FusedCandidate {
  ConvNorm* expand = nullptr;
  ConvNorm* depthwise = nullptr;
  ConvNorm* project = nullptr;
  bool adds_input = false;

  std::vector<ConvNorm*> Steps() const;  // those that are there, in order
};

// Whether the kernels compute a k x k depthwise convolution of this stride, and this activation behind a norm.
bool FitsKernels(int64_t kernel, int64_t stride, const std::optional<Activation>& activation);

// Whether they compute a chain of the graph.
bool FitsKernels(const BlockGraph& graph, const Chain& chain);

// Whether they compute the graph in a layer of this stride: as a whole, which is one chain without an activation at its
// end, to which the input may be added, or no step at all; or else some chains of it.
bool IsFusible(const BlockGraph& graph, int stride);
bool IsFusibleInParts(const BlockGraph& graph, int stride);
// The same of a block that is valid in the layer.
bool IsFusible(const BlockSpec& block, const LayerShape& shape);
bool IsFusibleInParts(const BlockSpec& block, const LayerShape& shape);

// Whether FusedForward() serves here and now: the choice allows it, x is on the CPU and of the weights' type, and the
// norms take the batch's statistics, or the running ones with no gradient wanted.
bool TakesFused(KernelChoice choice, const at::Tensor& x_nchw, const std::vector<FusedCandidate>& candidates,
                const at::Tensor& probability_c);

// Whether float32 layers that fit are fused on this device.
bool HasFusedKernels(KernelChoice choice, at::Device device);

// What a run on this device computes with, in a few words for its log. Throws ConfigError where `fused` is asked for
// and the device or its processor cannot.
std::string DescribeKernels(KernelChoice choice, at::Device device);

// sum over c of probability_c[c] * candidate_c(x), as FusedCandidate's modules would compute it; probability_c
// undefined: all ones. Running statistics follow as they do in the modules. For candidates of TakesFused().
at::Tensor FusedForward(const at::Tensor& x_nchw, const std::vector<FusedCandidate>& candidates,
                        const at::Tensor& probability_c);

// The steps of a part of a block, fused where TakesFused() says so, else one after the other.
at::Tensor ForwardUnit(KernelChoice choice, const at::Tensor& x_nchw, const FusedCandidate& unit);

}  // namespace danas
