// From architecture weights to probabilities: Gumbel-Softmax, one draw a layer and batch (Eq. 7-8).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "danas/config/search_config.h"
#include "danas/nn/mixed_layer.h"
#include "danas/search/arch_parameters.h"

namespace danas {

// Gumbel noise [candidates] from the stream ("gumbel", layer; draw): the same on every device and process.
at::Tensor GumbelNoise(int64_t seed, size_t layer, int64_t draw, int64_t candidates, at::ScalarType type);

// p = softmax((α + noise) / τ). Gradient through autograd.
at::Tensor GumbelSoftmax(const at::Tensor& alpha_c, const at::Tensor& noise_c, double temperature);

// The one-hot of the largest p, with the gradient of p (straight-through).
at::Tensor StraightThrough(const at::Tensor& probability_c);

enum class Pass { kWeights, kArchitecture };

// One draw of all layers.
struct Draw {
  std::vector<at::Tensor> probability_lc;  // on the CPU; carries the gradient to α in the architecture pass
  std::vector<LayerChoice> choices;        // what the supernet is called with, on its device
};

Draw DrawChoices(const ArchParameters& alpha, const RelaxationConfig& config, Pass pass, int64_t seed, int64_t draw,
                 at::Device device);

}  // namespace danas
