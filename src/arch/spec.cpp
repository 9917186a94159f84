#include "danas/arch/spec.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace danas {
namespace {

constexpr int kLargestKernel = 31;
constexpr double kLargestExpand = 64;

bool IsShuffle(BlockKind kind) { return kind == BlockKind::kShuffleA || kind == BlockKind::kShuffleX; }

// 6 -> "6", 1.5 -> "1p5".
std::string NumberInName(double value) {
  std::array<char, 64> text;
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
  if (block.kind == BlockKind::kIdentity) {
    block.op = unset.op;
    block.activation = DefaultActivation(block.kind);
  }
  return block;
}

std::string BlockName(const BlockSpec& block) {
  switch (block.kind) {
    case BlockKind::kInvertedResidual:
      return std::string("ir_") + (block.fused ? "fused_" : "") + (block.squeeze_excite ? "se_" : "") + "e" +
             NumberInName(block.expand);
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
  if (block.activation != DefaultActivation(block.kind)) name += std::string("_") + NameOf(block.activation);
  return name;
}

Size Downsampled(Size size, int stride) {
  return {(size.height + stride - 1) / stride, (size.width + stride - 1) / stride};
}

bool KeepsShape(const LayerShape& shape) { return shape.stride == 1 && shape.in == shape.out; }

std::string WhyMalformed(const BlockSpec& block) {
  if (block.kind == BlockKind::kIdentity) return "";
  if (block.op.kernel % 2 == 0) return "kernel " + std::to_string(block.op.kernel) + " is even; use an odd one";
  if (block.op.kernel < 1 || block.op.kernel > kLargestKernel) {
    return "kernel " + std::to_string(block.op.kernel) + " is not in 1.." + std::to_string(kLargestKernel);
  }
  if (block.kind != BlockKind::kInvertedResidual) return "";
  if (!(block.expand > 0 && block.expand <= kLargestExpand)) {
    return "expand is not above 0 and at most " + NumberInName(kLargestExpand);
  }
  if (block.fused && block.op.kind != OperatorKind::kNormal) {
    return "a fused block has one dense convolution: its operator kind is \"normal\"";
  }
  return "";
}

std::string WhyInvalid(const BlockSpec& block, const LayerShape& shape) {
  if (const std::string why = WhyMalformed(block); !why.empty()) return why;
  if (IsShuffle(block.kind)) return WhyInvalidShuffle(shape);
  switch (block.kind) {
    case BlockKind::kInvertedResidual:
      return ExpandedChannels(block, shape.in) < 1 ? "expand * in rounds to no channel" : "";
    case BlockKind::kResidual:
      return shape.out % 2 != 0 ? "a residual block needs an even number of output channels" : "";
    case BlockKind::kIdentity:
      return block.project || KeepsShape(shape) ? "" : "an identity without \"project\" needs stride 1 and in = out";
    default:
      return "";
  }
}

}  // namespace danas
