#include "block_file.h"

#include <algorithm>

#include "blocks/block_form.h"
#include "danas/arch/space_file.h"
#include "danas/arch/space_limits.h"
#include "danas/core/units.h"

namespace danas {
namespace {

std::vector<Node> Listed(const Node& node) {
  if (!node.IsList()) return {node};
  std::vector<Node> items = node.Items();
  if (items.empty()) node.Fail("an empty list; expected at least one value");
  return items;
}

// The candidates of one kind, shipped or defined in the file.
std::vector<BlockSpec> ReadProduct(const Node& entry, const Node& kind, const NamedBlocks& named) {
  std::vector<std::string> known(EnumNames<BlockKind>::kNames.begin(), EnumNames<BlockKind>::kNames.end());
  for (const auto& [name, definition] : named.definitions) known.push_back(name);
  const auto defined = named.definitions.find(kind.AsOneOf(known));
  if (defined != named.definitions.end()) return ReadDefined(entry, defined->second);
  const auto shipped = kind.As<BlockKind>();
  return FormOf(shipped).Read(entry, shipped);
}

std::vector<BlockSpec> ReadItem(const Node& node, const NamedBlocks& named) {
  if (node.IsText()) return ReadCandidates(node, named);
  std::vector<BlockSpec> blocks;
  for (const Node& kind : Listed(node.Key("block"))) {
    const std::vector<BlockSpec> product = ReadProduct(node, kind, named);
    if (blocks.size() > kMostCandidates) node.Fail("more than " + std::to_string(kMostCandidates) + " candidates");
    blocks.insert(blocks.end(), product.begin(), product.end());
  }
  return blocks;
}

std::vector<BlockSpec> FindNamed(const Node& node, const NamedBlocks& named) {
  const std::string name = node.AsText();
  const auto found = named.lists.find(name);
  if (found != named.lists.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, list] : named.lists) names.push_back(known);
  const std::string nearest = NearestName(name, names);
  node.Fail(
      "no candidate list is named \"" + name + "\"" +
      (nearest.empty() ? "; define it under \"candidates\" before using it" : "; did you mean \"" + nearest + "\"?"));
}

}  // namespace

std::vector<BlockSpec> ReadCandidates(const Node& node, const NamedBlocks& named) {
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

NamedBlocks ReadNamedBlocks(const Node& space) {
  NamedBlocks named;
  if (const auto blocks = space.Find("blocks")) {
    for (const auto& [name, definition] : blocks->Entries()) {
      if (named.definitions.size() == kMostDefinitions) {
        blocks->Fail("more than " + std::to_string(kMostDefinitions) + " blocks");
      }
      named.definitions[name] = std::make_shared<const BlockDefinition>(name, definition);
    }
  }
  if (const auto lists = space.Find("candidates")) {
    for (const auto& [name, list] : lists->Entries()) named.lists[name] = ReadCandidates(list, named);
  }
  return named;
}

Json DefinitionsOf(const SearchSpace& space) {
  Json blocks = Json::object();
  for (const LayerSpec& layer : space.layers()) {
    for (const BlockSpec& block : layer.candidates) {
      const auto& definition = block.defined.definition;
      if (definition && !blocks.contains(definition->name())) blocks[definition->name()] = definition->ToJson();
    }
  }
  return blocks;
}

Json ToJson(const BlockSpec& block) { return FormOf(block.kind).Write(block); }

}  // namespace danas
