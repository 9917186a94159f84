// A block of a space file, from its definition alone.
#pragma once

#include <memory>
#include <string>

#include "danas/arch/block_definition.h"

namespace danas::test {

// What stands under "blocks" with the name `own`, in YAML; its parameters at their defaults.
inline BlockSpec OwnBlock(const std::string& definition) {
  const Document document = Document::Parse(definition, TextFormat::kYaml, "own.yaml");
  BlockSpec block{.kind = BlockKind::kDefined};
  block.defined.definition = std::make_shared<const BlockDefinition>("own", document.Root());
  for (const auto& parameter : block.defined.definition->parameters()) {
    block.defined.values.push_back(parameter.fallback);
  }
  return block;
}

}  // namespace danas::test
