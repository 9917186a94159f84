// One layer of the supernet: its candidates, mixed by probabilities (Eq. 6: N_l = sum over c of p_{l,c} * candidate_c(x)).
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <memory>
#include <optional>
#include <vector>

#include "danas/arch/space.h"
#include "danas/nn/block.h"

namespace danas {

// What the relaxation decided for one layer and batch.
struct LayerChoice {
  at::Tensor probability_c;    // [candidates]; may carry a gradient. Undefined: `path` alone is computed, unweighted.
  std::optional<size_t> path;  // set: only this candidate is computed (times its probability, if defined)
};

class MixedLayer : public torch::nn::Module {
 public:
  MixedLayer(const LayerSpec& spec, const NormSpec& norm, bool affine);

  // One call, so that a fused node can take its place. With one candidate the choice is ignored.
  at::Tensor forward(const at::Tensor& x_nchw, const LayerChoice& choice);

  // The layer without these candidates; survivors are the same modules, untouched.
  std::shared_ptr<MixedLayer> Without(const std::set<size_t>& dropped) const;

  const LayerSpec& spec() const { return spec_; }
  Block& candidate(size_t index) { return *candidates_[index]; }

 private:
  MixedLayer() = default;

  LayerSpec spec_;
  std::vector<std::shared_ptr<Block>> candidates_;  // registered under CandidateName()
};

// sum over c of probability_c[c] * outputs[c] as one autograd node: keeps the outputs, makes no product tensors.
at::Tensor WeightedSum(const at::Tensor& probability_c, const std::vector<at::Tensor>& outputs);

}  // namespace danas
