#include "block_form.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace danas {

const BlockForm& FormOf(BlockKind kind) {
  switch (kind) {
    case BlockKind::kInvertedResidual:
      return InvertedResidualForm();
    case BlockKind::kShuffleA:
      return ShuffleAForm();
    case BlockKind::kShuffleX:
      return ShuffleXForm();
    case BlockKind::kShuffleV1:
      return ShuffleV1Form();
    case BlockKind::kShuffleV2:
      return ShuffleV2Form();
    case BlockKind::kResidual:
      return ResidualForm();
    case BlockKind::kBasic:
      return BasicForm();
    case BlockKind::kDepthwiseSeparable:
      return DepthwiseSeparableForm();
    case BlockKind::kConvolution:
      return ConvolutionForm();
    case BlockKind::kMaxPool:
      return MaxPoolForm();
    case BlockKind::kIdentity:
      return IdentityForm();
  }
  throw std::invalid_argument("unknown block kind");
}

std::string BlockForm::Name(const BlockSpec& block) const { return NameOf(block.kind); }

BlockSpec BlockForm::Canonical(const BlockSpec& block) const {
  return {.kind = block.kind, .op = block.op, .activation = block.activation};
}

BlockGraph GraphOf(const BlockSpec& block, const LayerShape& shape, std::optional<int> stage_place) {
  return FormOf(block.kind).Graph(block, shape, stage_place);
}

std::string NumberInName(double value) {
  std::array<char, 512> text;  // the smallest double has 326 characters
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed).ptr;
  std::string name(text.data(), end);
  std::replace(name.begin(), name.end(), '.', 'p');
  return name;
}

std::string WhyNotDense(const BlockSpec& block, const std::string& who) {
  if (block.op.kind == OperatorKind::kNormal) return "";
  return who + " block has dense convolutions: its operator kind must be \"normal\"";
}

}  // namespace danas
