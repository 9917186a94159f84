#include "block_form.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include "danas/arch/space_limits.h"

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
    case BlockKind::kDeconvolution:
      return DeconvolutionForm();
    case BlockKind::kMaxPool:
      return MaxPoolForm();
    case BlockKind::kIdentity:
      return IdentityForm();
    case BlockKind::kDefined:
      return DefinedForm();
  }
  throw std::invalid_argument("unknown block kind");
}

std::string BlockForm::Name(const BlockSpec& block) const { return NameOf(block.kind); }

std::string BlockForm::OperatorName(const BlockSpec& block) const {
  if (!has_operator()) return "";
  return (block.op.kind == OperatorKind::kNormal ? "n" : "k") + std::to_string(block.op.kernel);
}

BlockSpec BlockForm::Canonical(const BlockSpec& block) const {
  return {.kind = block.kind, .op = block.op, .activation = block.activation};
}

std::vector<BlockSpec> BlockForm::Read(const Node& entry, BlockKind kind) const {
  BlockSpec plain{.kind = kind, .op = {}, .activation = default_activation()};
  if (has_activation()) plain.activation = entry.KeyOr("activation", plain.activation);
  const std::vector<BlockSpec> own = ReadOwn(entry, plain);
  if (!has_operator()) return own;
  const std::vector<OperatorSpec> operators = ReadOperators(entry);
  if (own.size() > kMostCandidates || own.size() * operators.size() > kMostCandidates) {
    entry.Fail("expands to more than " + std::to_string(kMostCandidates) + " candidates");
  }
  std::vector<BlockSpec> product;
  for (BlockSpec block : own) {
    for (const OperatorSpec& op : operators) {
      block.op = op;
      if (const std::string why = danas::WhyMalformed(block); !why.empty()) entry.Fail(why);
      product.push_back(block);
    }
  }
  return product;
}

Json BlockForm::Write(const BlockSpec& block) const {
  Json entry = {{"block", KindName(block)}};
  WriteOwn(block, entry);
  if (has_operator()) WriteOperator(block, entry);
  if (has_activation()) entry["activation"] = NameOf(block.activation);
  return entry;
}

std::vector<OperatorSpec> BlockForm::ReadOperators(const Node& entry) const {
  const Node node = entry.Key("operator");
  const auto kinds = OneOrMore<OperatorKind>(node.Key("kind"));
  const auto kernels = OneOrMore<int>(node.Key("kernel"));
  if (kinds.size() > kMostCandidates || kernels.size() > kMostCandidates) {
    entry.Fail("expands to more than " + std::to_string(kMostCandidates) + " candidates");
  }
  std::vector<OperatorSpec> operators;
  for (const OperatorKind kind : kinds) {
    for (const int kernel : kernels) operators.push_back({kind, kernel});
  }
  return operators;
}

void BlockForm::WriteOperator(const BlockSpec& block, Json& entry) const {
  entry["operator"] = {{"kind", NameOf(block.op.kind)}, {"kernel", block.op.kernel}};
}

std::string ToText(const MapShape& shape) {
  return std::to_string(shape.channels) + " x " + std::to_string(shape.size.height) + " x " +
         std::to_string(shape.size.width);
}

BlockGraph GraphOf(const BlockSpec& block, const LayerShape& shape, std::optional<int> stage_place) {
  return FormOf(block.kind).Graph(block, shape, stage_place);
}

Json NumberAsWritten(double value) {
  return value == std::floor(value) ? Json(static_cast<int64_t>(value)) : Json(value);
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
