// A layer's candidates as one autograd node over the fused kernels of `kernels/`, where they fit: inverted residuals
// with depthwise 3x3, 5x5 or 7x7 and ReLU or ReLU6, on the CPU, in float32 or double.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "danas/nn/convolution.h"

namespace danas {

// 1x1, depthwise, 1x1, each with its norm, as a block holds them; `expand` may be null. All null: the input alone.
struct FusedCandidate {
  ConvNorm* expand = nullptr;
  ConvNorm* depthwise = nullptr;
  ConvNorm* project = nullptr;
  bool adds_input = false;
};

// Whether the kernels can compute this candidate at all, by its shapes and activations.
bool IsFusible(const FusedCandidate& candidate);

// Whether they can here and now: x is on the CPU, floating point of the weights' type, and its norms take the batch's
// statistics, or the running ones with no gradient wanted.
bool CanFuse(const at::Tensor& x_nchw, const std::vector<FusedCandidate>& candidates);

// sum over c of probability_c[c] * candidate_c(x), as FusedCandidate's modules would compute it; probability_c
// undefined: all ones. Running statistics follow as they do in the modules. All CanFuse().
at::Tensor FusedForward(const at::Tensor& x_nchw, const std::vector<FusedCandidate>& candidates,
                        const at::Tensor& probability_c);

}  // namespace danas
