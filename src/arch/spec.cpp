#include "danas/arch/spec.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace danas {
namespace {

constexpr int kLargestKernel = 31;
constexpr double kLargestExpand = 64;
constexpr int kMostGroups = 1 << 16;  // as many as a layer can have channels

bool IsShuffle(BlockKind kind) {
  return kind == BlockKind::kShuffleA || kind == BlockKind::kShuffleX || kind == BlockKind::kShuffleV1 ||
         kind == BlockKind::kShuffleV2;
}

bool HasActivation(BlockKind kind) { return kind != BlockKind::kIdentity && kind != BlockKind::kMaxPool; }

// Blocks whose first convolution changes the channels: no depthwise can.
bool IsDense(const BlockSpec& block) {
  return block.kind == BlockKind::kBasic || block.kind == BlockKind::kConvolution || block.fused;
}

// 6 -> "6", 1.5 -> "1p5".
std::string NumberInName(double value) {
  std::array<char, 512> text;  // the smallest double has 326 characters
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed).ptr;
  std::string name(text.data(), end);
  std::replace(name.begin(), name.end(), '.', 'p');
  return name;
}

std::string WhyInvalidShuffle(const LayerShape& shape) {
  if (shape.stride > 2) return "a shuffle block has stride 1 or 2";
  if (shape.out % 2 != 0) return "a shuffle block needs an even number of output channels";
  if (shape.stride == 1 && shape.in != shape.out) return "a shuffle block of stride 1 needs in = out";
  if (shape.stride == 2 && shape.out <= shape.in) return "a shuffle block of stride 2 needs out > in";
  return "";
}

std::string WhyInvalidGroups(const BlockSpec& block, const LayerShape& shape) {
  if (shape.out % (4 * block.groups) != 0) return "its output channels are not a multiple of 4 * groups";
  if (!block.dense_entry && shape.in % block.groups != 0) return "its input channels are not a multiple of groups";
  const int last = shape.stride == 2 ? shape.out - shape.in : shape.out;
  return last % block.groups != 0 ? "out - in is not a multiple of groups" : "";
}

std::string WhyInvalidPool(const BlockSpec& block, const LayerShape& shape) {
  if (shape.in != shape.out) return "pooling keeps the number of channels";
  if (block.op.kernel % 2 == 0 && block.op.kernel != shape.stride) {
    return "pooling with an even kernel needs a stride of the same size";
  }
  return "";
}

}  // namespace

Activation DefaultActivation(BlockKind kind) {
  return kind == BlockKind::kInvertedResidual ? Activation::kRelu6 : Activation::kRelu;
}

int ExpandedChannels(const BlockSpec& block, int in) { return static_cast<int>(std::lround(block.expand * in)); }

int SqueezeChannels(int in) { return std::max(8, in / 4); }

BlockSpec Canonical(BlockSpec block) {
  const BlockSpec unset;
  if (block.kind != BlockKind::kIdentity) block.project = unset.project;
  if (block.kind != BlockKind::kInvertedResidual) {
    block.expand = unset.expand;
    block.squeeze_excite = unset.squeeze_excite;
    block.fused = unset.fused;
  }
  if (block.kind != BlockKind::kShuffleV1) {
    block.groups = unset.groups;
    block.dense_entry = unset.dense_entry;
  }
  if (block.kind != BlockKind::kResidual) block.reduction = unset.reduction;
  if (block.kind == BlockKind::kIdentity) block.op = unset.op;
  if (block.kind == BlockKind::kMaxPool) block.op.kind = unset.op.kind;
  if (!HasActivation(block.kind)) block.activation = DefaultActivation(block.kind);
  return block;
}

std::string BlockName(const BlockSpec& block) {
  switch (block.kind) {
    case BlockKind::kInvertedResidual:
      return std::string("ir_") + (block.fused ? "fused_" : "") + (block.squeeze_excite ? "se_" : "") + "e" +
             NumberInName(block.expand);
    case BlockKind::kShuffleV1:
      return "shuffle_v1_g" + std::to_string(block.groups) + (block.dense_entry ? "_dense" : "");
    case BlockKind::kResidual:
      return block.reduction == BlockSpec().reduction ? "residual" : "residual_r" + std::to_string(block.reduction);
    case BlockKind::kIdentity:
      return block.project ? "identity_project" : "identity";
    default:
      return NameOf(block.kind);
  }
}

std::string OperatorName(const BlockSpec& block) {
  if (block.kind == BlockKind::kIdentity) return "";
  return (block.op.kind == OperatorKind::kNormal ? "n" : "k") + std::to_string(block.op.kernel);
}

std::string CandidateName(const BlockSpec& block) {
  std::string name = BlockName(block);
  if (block.kind == BlockKind::kIdentity) return name;
  name += "_" + OperatorName(block);
  if (HasActivation(block.kind) && block.activation != DefaultActivation(block.kind)) {
    name += std::string("_") + NameOf(block.activation);
  }
  return name;
}

Size Downsampled(Size size, int stride) {
  return {(size.height + stride - 1) / stride, (size.width + stride - 1) / stride};
}

bool KeepsShape(const LayerShape& shape) { return shape.stride == 1 && shape.in == shape.out; }

std::string WhyMalformed(const BlockSpec& block) {
  if (block.kind == BlockKind::kIdentity) return "";
  if (block.op.kernel % 2 == 0 && block.kind != BlockKind::kMaxPool) {
    return "kernel " + std::to_string(block.op.kernel) + " is even; use an odd one";
  }
  if (block.op.kernel < 1 || block.op.kernel > kLargestKernel) {
    return "kernel " + std::to_string(block.op.kernel) + " is not in 1.." + std::to_string(kLargestKernel);
  }
  if (block.groups < 1) return "groups " + std::to_string(block.groups) + " is below 1";
  if (block.groups > kMostGroups) {
    return "groups " + std::to_string(block.groups) + " is above " + std::to_string(kMostGroups);
  }
  if (block.reduction < 1) return "reduction " + std::to_string(block.reduction) + " is below 1";
  if (IsDense(block) && block.op.kind != OperatorKind::kNormal) {
    return std::string(block.fused ? "a fused" : "this") +
           " block has dense convolutions: its operator kind must be \"normal\"";
  }
  if (block.kind != BlockKind::kInvertedResidual) return "";
  if (!(block.expand > 0 && block.expand <= kLargestExpand)) {
    return "expand must be above 0 and at most " + NumberInName(kLargestExpand);
  }
  return "";
}

std::string WhyInvalid(const BlockSpec& block, const LayerShape& shape) {
  if (const std::string why = WhyMalformed(block); !why.empty()) return why;
  if (IsShuffle(block.kind)) {
    const std::string why = WhyInvalidShuffle(shape);
    return why.empty() && block.kind == BlockKind::kShuffleV1 ? WhyInvalidGroups(block, shape) : why;
  }
  switch (block.kind) {
    case BlockKind::kInvertedResidual:
      return ExpandedChannels(block, shape.in) < 1 ? "expand * in rounds to 0 channels" : "";
    case BlockKind::kResidual:
      if (shape.out % block.reduction == 0) return "";
      return block.reduction == 2 ? "a residual block needs an even number of output channels"
                                  : "its output channels are not a multiple of " + std::to_string(block.reduction);
    case BlockKind::kMaxPool:
      return WhyInvalidPool(block, shape);
    case BlockKind::kIdentity:
      return block.project || KeepsShape(shape) ? "" : "an identity without \"project\" needs stride 1 and in = out";
    default:
      return "";
  }
}

}  // namespace danas
