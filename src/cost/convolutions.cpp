#include "convolutions.h"

namespace danas {
namespace {

// The order of the public codes: each entry reads as one line of the block's definition in arch/spec.h.
Convolution Pointwise(int in, int out, Size output) { return {.in = in, .out = out, .output = output}; }

Convolution Operator(const OperatorSpec& op, int channels, Size output) {
  const int groups = op.kind == OperatorKind::kDepthwise ? channels : 1;
  return {.in = channels, .out = channels, .kernel = op.kernel, .groups = groups, .output = output};
}

Convolution FullyConnected(int in, int out, bool bias) {
  return {.in = in, .out = out, .output = {1, 1}, .norm = false, .bias = bias};
}

std::vector<Convolution> InvertedResidual(const BlockSpec& block, const LayerShape& shape) {
  const Size output = shape.output();
  const int mid = ExpandedChannels(block, shape.in);
  std::vector<Convolution> list;
  if (block.fused) {
    list.push_back({.in = shape.in, .out = mid, .kernel = block.op.kernel, .output = output});
  } else {
    if (block.expand != 1) list.push_back(Pointwise(shape.in, mid, shape.input));
    list.push_back(Operator(block.op, mid, output));
  }
  if (block.squeeze_excite) {
    const int squeeze = SqueezeChannels(shape.in);
    list.push_back(FullyConnected(mid, squeeze, true));
    list.push_back(FullyConnected(squeeze, mid, true));
  }
  list.push_back(Pointwise(mid, shape.out, output));
  return list;
}

std::vector<Convolution> Shuffle(const BlockSpec& block, const LayerShape& shape) {
  const Size input = shape.input;
  const Size output = shape.output();
  const int branch = shape.stride == 1 ? shape.in / 2 : shape.in;
  const int mid = shape.out / 2;
  const int last = shape.out - branch;
  std::vector<Convolution> list;
  if (block.kind == BlockKind::kShuffleA) {
    list = {Pointwise(branch, mid, input), Operator(block.op, mid, output), Pointwise(mid, last, output)};
  } else {
    list = {Operator(block.op, branch, output), Pointwise(branch, mid, output),  Operator(block.op, mid, output),
            Pointwise(mid, mid, output),        Operator(block.op, mid, output), Pointwise(mid, last, output)};
  }
  if (shape.stride == 2) {
    list.push_back(Operator({OperatorKind::kDepthwise, block.op.kernel}, branch, output));
    list.push_back(Pointwise(branch, branch, output));
  }
  return list;
}

std::vector<Convolution> ShuffleV1(const BlockSpec& block, const LayerShape& shape) {
  const Size output = shape.output();
  const int mid = shape.out / 4, last = shape.stride == 1 ? shape.out : shape.out - shape.in;
  Convolution entry = Pointwise(shape.in, mid, shape.input), leave = Pointwise(mid, last, output);
  entry.groups = block.dense_entry ? 1 : block.groups;
  leave.groups = block.groups;
  return {entry, Operator(block.op, mid, output), leave};
}

std::vector<Convolution> ShuffleV2(const BlockSpec& block, const LayerShape& shape) {
  const Size output = shape.output();
  const int half = shape.out / 2, branch = shape.stride == 1 ? half : shape.in;
  std::vector<Convolution> list;
  if (shape.stride == 2) {
    list = {Operator({OperatorKind::kDepthwise, block.op.kernel}, shape.in, output), Pointwise(shape.in, half, output)};
  }
  list.push_back(Pointwise(branch, half, shape.input));
  list.push_back(Operator(block.op, half, output));
  list.push_back(Pointwise(half, half, output));
  return list;
}

std::vector<Convolution> Residual(const BlockSpec& block, const LayerShape& shape) {
  const Size output = shape.output();
  const int mid = shape.out / block.reduction;
  std::vector<Convolution> list = {Pointwise(shape.in, mid, shape.input), Operator(block.op, mid, output),
                                   Pointwise(mid, shape.out, output)};
  if (!KeepsShape(shape)) list.push_back(Pointwise(shape.in, shape.out, output));
  return list;
}

std::vector<Convolution> Basic(const BlockSpec& block, const LayerShape& shape) {
  const Size output = shape.output();
  std::vector<Convolution> list = {
      {.in = shape.in, .out = shape.out, .kernel = block.op.kernel, .output = output},
      {.in = shape.out, .out = shape.out, .kernel = block.op.kernel, .output = output}};
  if (!KeepsShape(shape)) list.push_back(Pointwise(shape.in, shape.out, output));
  return list;
}

std::vector<Convolution> Identity(const LayerShape& shape) {
  if (KeepsShape(shape)) return {};
  return {Pointwise(shape.in, shape.out, shape.output())};
}

}  // namespace

double Convolution::weights() const { return double{1} * out * (in / groups) * kernel * kernel; }

double Convolution::macs() const { return weights() * output.height * output.width; }

double Convolution::parameters() const { return weights() + (bias ? out : 0) + (norm ? 2.0 * out : 0); }

std::vector<Convolution> BlockConvolutions(const BlockSpec& block, const LayerShape& shape) {
  switch (block.kind) {
    case BlockKind::kInvertedResidual:
      return InvertedResidual(block, shape);
    case BlockKind::kShuffleA:
    case BlockKind::kShuffleX:
      return Shuffle(block, shape);
    case BlockKind::kShuffleV1:
      return ShuffleV1(block, shape);
    case BlockKind::kShuffleV2:
      return ShuffleV2(block, shape);
    case BlockKind::kResidual:
      return Residual(block, shape);
    case BlockKind::kBasic:
      return Basic(block, shape);
    case BlockKind::kDepthwiseSeparable:
      return {Operator(block.op, shape.in, shape.output()), Pointwise(shape.in, shape.out, shape.output())};
    case BlockKind::kConvolution:
      return {{.in = shape.in,
               .out = shape.out,
               .kernel = block.op.kernel,
               .output = shape.output(),
               .norm = false,
               .bias = true}};
    case BlockKind::kMaxPool:
      return {};
    case BlockKind::kIdentity:
      return Identity(shape);
  }
  return {};
}

std::vector<Convolution> StemConvolutions(const SearchSpace& space) {
  const StemSpec& stem = space.stem();
  if (stem.channels == 0) return {};
  return {{.in = space.input_channels(),
           .out = stem.channels,
           .kernel = stem.kernel,
           .output = Downsampled(space.input(), stem.stride)}};
}

std::vector<Convolution> HeadConvolutions(const SearchSpace& space) {
  const HeadSpec& head = space.head();
  std::vector<Convolution> list;
  if (head.channels > 0) list.push_back(Pointwise(space.feature_channels(), head.channels, space.feature_size()));
  int features = space.pooled_features();
  for (const int width : head.hidden) {
    list.push_back(FullyConnected(features, width, true));
    features = width;
  }
  list.push_back(FullyConnected(features, space.classes(), head.bias));
  return list;
}

}  // namespace danas
