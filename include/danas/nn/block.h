// The blocks of section 4.1 as modules. Their forms are those of the public codes: inverted residual of ProxylessNAS,
// shuffle blocks A and X of SPOS.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <memory>
#include <optional>

#include "danas/arch/spec.h"
#include "danas/nn/fused_layer.h"

namespace danas {

class Block : public torch::nn::Module {
 public:
  // x: [N, in, H, W] -> [N, out, height, width] of LayerShape::output()
  virtual at::Tensor forward(const at::Tensor& x_nchw) = 0;

  // A block that IsFusible(), as the kernels take it; nothing for others.
  virtual std::optional<FusedCandidate> Fused() const { return std::nullopt; }
};

// `affine`: batch norm with weight and bias (derived networks); without in a supernet, so that α stays comparable
// between candidates (SPOS). Weights are uninitialised until InitializeWeights().
// `kernels`: for the parts of blocks that are not fused as a whole. `stage_place`: SearchSpace::StagePlace, for blocks
// that keep the order of channels; nothing: they shuffle it.
std::shared_ptr<Block> MakeBlock(const BlockSpec& spec, const LayerShape& shape, const NormSpec& norm, bool affine,
                                 KernelChoice kernels = KernelChoice::kAuto, std::optional<int> stage_place = {});

}  // namespace danas
