// One layer of the supernet: its candidates, mixed by probabilities (Eq. 6: N_l = sum over c of p_{l,c} *
// candidate_c(x)).
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "danas/arch/space.h"
#include "danas/config/nn_config.h"
#include "danas/nn/block.h"

namespace danas {

// What the relaxation decided for one layer and batch.
struct LayerChoice {
  // [candidates]; may carry a gradient. Undefined: `path` alone is computed, unweighted.
  at::Tensor probability_c = {};
  // Set: only this candidate is computed (times its probability, if defined).
  std::optional<size_t> path = {};
  // Not empty: only these candidates are computed, each times its probability. Ascending, with probabilities of all and
  // without a path.
  std::vector<size_t> subset = {};
};

class MixedLayer : public torch::nn::Module {
 public:
  // `how`: whether candidates go through the fused node (nn/fused_layer.h) where they can, and what backward computes
  // again. `stage_place`: as of MakeBlock().
  MixedLayer(const LayerSpec& spec, const NormSpec& norm, bool affine, const NnConfig& how = {},
             std::optional<int> stage_place = {});

  // With one candidate the choice is ignored. Candidates that fit the fused kernels are computed as one node, the
  // others beside it. Throws std::invalid_argument for a choice that does not fit the layer.
  at::Tensor forward(const at::Tensor& x_nchw, const LayerChoice& choice);

  // The layer without these candidates; survivors are the same modules, untouched. Throws ConfigError if none is left.
  std::shared_ptr<MixedLayer> Without(const std::set<size_t>& dropped) const;

  const LayerSpec& spec() const { return spec_; }
  Block& candidate(size_t index) { return *candidates_[index]; }

 private:
  MixedLayer() = default;
  void Append(const BlockSpec& spec, const std::shared_ptr<Block>& candidate);
  void RequireFits(const LayerChoice& choice) const;
  at::Tensor Forward(const at::Tensor& x_nchw, const LayerChoice& choice) const;
  at::Tensor ForwardOne(const at::Tensor& x_nchw, size_t c, const at::Tensor& probability_c) const;
  at::Tensor ForwardSome(const at::Tensor& x_nchw, const at::Tensor& probability_c,
                         const std::vector<size_t>& subset) const;

  LayerSpec spec_;
  NnConfig how_;
  std::vector<std::shared_ptr<Block>> candidates_;  // registered under CandidateName()
};

// sum over c of probability_c[c] * outputs[c], in the outputs' type and layout, as one autograd node: it makes no
// product tensors, and keeps the outputs only where the probabilities want a gradient. The gradient of probability_c[c]
// is <gradient, outputs[c]>, summed in float32 at least. Probabilities are float32 or double, on the outputs' device or
// on the CPU, whence nothing waits for the device in forward.
at::Tensor WeightedSum(const at::Tensor& probability_c, const std::vector<at::Tensor>& outputs);

}  // namespace danas
