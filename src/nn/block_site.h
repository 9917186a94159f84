// Where a block is placed and what its convolutions are made from; for the files that define blocks.
#pragma once

#include <memory>
#include <optional>

#include "danas/arch/spec.h"
#include "danas/nn/block.h"
#include "danas/nn/convolution.h"
#include "danas/nn/fused_layer.h"

namespace danas {

struct BlockSite {
  const BlockSpec& spec;
  const LayerShape& shape;
  const NormSpec& norm;
  bool affine;
  KernelChoice kernels;
  std::optional<int> stage_place;  // SearchSpace::StagePlace

  std::shared_ptr<ConvNorm> Conv(const ConvolutionShape& conv, std::optional<Activation> activation) const {
    return std::make_shared<ConvNorm>(conv, norm, affine, activation);
  }
  std::shared_ptr<ConvNorm> Pointwise(int64_t in, int64_t out, std::optional<Activation> activation,
                                      int64_t stride = 1) const {
    return Conv({.in = in, .out = out, .stride = stride}, activation);
  }
  std::shared_ptr<ConvNorm> Operator(int64_t channels, int64_t stride, std::optional<Activation> activation) const {
    return Conv(OperatorShape(spec.op, channels, stride), activation);
  }
  // Of a block's parts; ATen's where the fused ones cannot compute them.
  KernelChoice KernelsOfParts() const {
    return IsFusibleInParts(spec, shape.stride) ? kernels : KernelChoice::kAten;
  }
  bool KeepsShape() const { return shape.stride == 1 && shape.in == shape.out; }
};

std::shared_ptr<Block> MakeShuffle(const BlockSite& site);  // A and X
std::shared_ptr<Block> MakeShuffleV1(const BlockSite& site);
std::shared_ptr<Block> MakeShuffleV2(const BlockSite& site);
std::shared_ptr<Block> MakeResidual(const BlockSite& site);
std::shared_ptr<Block> MakeBasic(const BlockSite& site);
std::shared_ptr<Block> MakeDepthwiseSeparable(const BlockSite& site);
std::shared_ptr<Block> MakePlainConvolution(const BlockSite& site);
std::shared_ptr<Block> MakeMaxPool(const BlockSite& site);

}  // namespace danas
