#include "block_file.h"

#include <algorithm>

#include "blocks/block_form.h"
#include "danas/arch/space_file.h"
#include "danas/core/units.h"
#include "space_limits.h"

namespace danas {
namespace {

std::vector<BlockSpec> ReadItem(const Node& node, const NamedCandidates& named) {
  if (node.IsText()) return ReadCandidates(node, named);
  std::vector<BlockSpec> blocks;
  for (const BlockKind kind : OneOrMore<BlockKind>(node.Key("block"))) {
    const std::vector<BlockSpec> product = FormOf(kind).Read(node, kind);
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

Json ToJson(const BlockSpec& block) { return FormOf(block.kind).Write(block); }

}  // namespace danas
