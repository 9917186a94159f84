// From architecture weights to probabilities: Gumbel-Softmax, one draw a layer and batch (Eq. 7-8).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "danas/config/search_config.h"
#include "danas/core/random.h"
#include "danas/nn/mixed_layer.h"
#include "danas/search/arch_parameters.h"

namespace danas {

// Which draw of a run.
struct DrawNumber {
  int64_t seed = 0;
  int64_t draw = 0;
  int rank = 0;             // of the process, where each makes its own draws
  int64_t first_image = 0;  // of the micro-batch in the whole batch, where each has its own draw
};

// The stream (name, layer, draw), with a rank above 0 (name, layer, draw, rank), with a first image above 0 (name,
// layer, draw, rank, first image).
RandomStream DrawStream(std::string_view name, const DrawNumber& number, size_t layer);

// Gumbel noise [candidates] from DrawStream("gumbel"), on the CPU: the same for every device and process.
at::Tensor GumbelNoise(const DrawNumber& number, size_t layer, int64_t candidates, at::ScalarType type);

// τ of a run's searching epoch `epoch` of `epochs`, from 0: search.relaxation.temperature, or in equal ratios from
// there to temperature_end, which the last epoch has.
double TemperatureAt(const RelaxationConfig& config, int64_t epoch, int64_t epochs);

// p = softmax((α + noise) / τ). Gradient through autograd.
at::Tensor GumbelSoftmax(const at::Tensor& alpha_c, const at::Tensor& noise_c, double temperature);

// The one-hot of the largest p (the first among equals), exactly, with the gradient of p (straight-through).
at::Tensor StraightThrough(const at::Tensor& probability_c);

enum class Pass { kWeights, kArchitecture };

// One draw of all layers.
struct Draw {
  // What the expected cost is taken over, on the CPU: the sampled p (one-hot where `hard`), or softmax(α). Carries the
  // gradient to α in the architecture pass; in the weight pass nothing does.
  std::vector<at::Tensor> cost_probability_lc;
  std::vector<LayerChoice> choices;  // what the supernet is called with, on its device
};

// The choices:
//               weight pass                  architecture pass
//   soft        p                            p
//   hard        the drawn path, unweighted   straight-through p: all candidates (`hard_alpha` all), or the drawn path
//   (one)
Draw DrawChoices(const ArchParameters& alpha, const RelaxationConfig& config, Pass pass, const DrawNumber& number,
                 at::Device device);

}  // namespace danas
