#include "block_file.h"

#include <algorithm>
#include <cmath>

#include "danas/arch/space_file.h"
#include "danas/core/units.h"
#include "space_limits.h"

namespace danas {
namespace {

// One value, or a list of values.
template <typename T>
std::vector<T> OneOrMore(const Node& node) {
  if (!node.IsList()) return {node.As<T>()};
  std::vector<T> values;
  for (const Node& item : node.Items()) values.push_back(item.As<T>());
  if (values.empty()) node.Fail("an empty list; expected at least one value");
  return values;
}

// The candidates of `block`'s kind: the products of what the kind has.
std::vector<BlockSpec> ReadProduct(const Node& node, BlockKind kind) {
  BlockSpec block;
  block.kind = kind;
  block.activation = DefaultActivation(kind);
  if (kind == BlockKind::kIdentity) {
    block.project = node.KeyOr("project", false);
    return {block};
  }
  if (kind == BlockKind::kMaxPool) {
    std::vector<BlockSpec> pools;
    for (const int kernel : OneOrMore<int>(node.Key("kernel"))) {
      block.op.kernel = kernel;
      if (const std::string why = WhyMalformed(block); !why.empty()) node.Fail(why);
      pools.push_back(block);
    }
    return pools;
  }
  block.activation = node.KeyOr("activation", block.activation);
  if (kind == BlockKind::kShuffleV1) {
    block.groups = node.Key("groups").As<int>();
    block.dense_entry = node.KeyOr("dense_entry", false);
  }
  if (kind == BlockKind::kResidual) block.reduction = node.KeyOr("reduction", block.reduction);
  std::vector<double> expands = {block.expand};
  if (kind == BlockKind::kInvertedResidual) {
    expands = OneOrMore<double>(node.Key("expand"));
    block.squeeze_excite = node.KeyOr("squeeze_excite", false);
    block.fused = node.KeyOr("fused", false);
  }
  const Node op = node.Key("operator");
  const auto kinds = OneOrMore<OperatorKind>(op.Key("kind"));
  const auto kernels = OneOrMore<int>(op.Key("kernel"));

  if (expands.size() > kMostCandidates || kernels.size() > kMostCandidates || kinds.size() > kMostCandidates ||
      expands.size() * kernels.size() * kinds.size() > kMostCandidates) {
    node.Fail("expands to more than " + std::to_string(kMostCandidates) + " candidates");
  }
  std::vector<BlockSpec> product;
  for (const double expand : expands) {
    for (const OperatorKind op_kind : kinds) {
      for (const int kernel : kernels) {
        block.expand = expand;
        block.op = {op_kind, kernel};
        if (const std::string why = WhyMalformed(block); !why.empty()) node.Fail(why);
        product.push_back(block);
      }
    }
  }
  return product;
}

std::vector<BlockSpec> ReadItem(const Node& node, const NamedCandidates& named) {
  if (node.IsText()) return ReadCandidates(node, named);
  std::vector<BlockSpec> blocks;
  for (const BlockKind kind : OneOrMore<BlockKind>(node.Key("block"))) {
    const std::vector<BlockSpec> product = ReadProduct(node, kind);
    if (blocks.size() > kMostCandidates) node.Fail("more than " + std::to_string(kMostCandidates) + " candidates");
    blocks.insert(blocks.end(), product.begin(), product.end());
  }
  return blocks;
}

std::vector<BlockSpec> FindNamed(const Node& node, const NamedCandidates& named) {
  const std::string name = node.AsText();
  const auto found = named.find(name);
  if (found != named.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, list] : named) names.push_back(known);
  const std::string nearest = NearestName(name, names);
  node.Fail(
      "no candidate list is named \"" + name + "\"" +
      (nearest.empty() ? "; define it under \"candidates\" before using it" : "; did you mean \"" + nearest + "\"?"));
}

}  // namespace

std::vector<BlockSpec> ReadCandidates(const Node& node, const NamedCandidates& named) {
  if (node.IsText()) return FindNamed(node, named);
  std::vector<BlockSpec> blocks;
  for (const Node& item : node.Items()) {
    for (const BlockSpec& block : ReadItem(item, named)) {
      if (std::find(blocks.begin(), blocks.end(), block) != blocks.end()) {
        item.Fail("names the candidate " + CandidateName(block) + " twice");
      }
      if (blocks.size() == kMostCandidates) item.Fail("more than " + std::to_string(kMostCandidates) + " candidates");
      blocks.push_back(block);
    }
  }
  if (blocks.empty()) node.Fail("an empty list; expected at least one candidate");
  return blocks;
}

NamedCandidates ReadNamedCandidates(const Node& node) {
  NamedCandidates named;
  for (const auto& [name, list] : node.Entries()) named[name] = ReadCandidates(list, named);
  return named;
}

Json ToJson(const BlockSpec& block) {
  Json json = {{"block", NameOf(block.kind)}};
  if (block.kind == BlockKind::kIdentity) {
    if (block.project) json["project"] = true;
    return json;
  }
  if (block.kind == BlockKind::kInvertedResidual) {
    // Whole numbers without a point, as people write them.
    if (block.expand == std::floor(block.expand)) {
      json["expand"] = static_cast<int>(block.expand);
    } else {
      json["expand"] = block.expand;
    }
    if (block.squeeze_excite) json["squeeze_excite"] = true;
    if (block.fused) json["fused"] = true;
  }
  if (block.kind == BlockKind::kMaxPool) {
    json["kernel"] = block.op.kernel;
    return json;
  }
  if (block.kind == BlockKind::kShuffleV1) {
    json["groups"] = block.groups;
    if (block.dense_entry) json["dense_entry"] = true;
  }
  if (block.kind == BlockKind::kResidual && block.reduction != BlockSpec().reduction) {
    json["reduction"] = block.reduction;
  }
  json["operator"] = {{"kind", NameOf(block.op.kind)}, {"kernel", block.op.kernel}};
  json["activation"] = NameOf(block.activation);
  return json;
}

}  // namespace danas
