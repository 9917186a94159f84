// Candidates as data: one block in full, or a compact product of several (docs/file-formats.md).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "danas/arch/block_definition.h"
#include "danas/arch/space.h"
#include "danas/config/document.h"

namespace danas {

// What a space file names once and uses in several places: lists of candidates, and kinds of block of its own.
struct NamedBlocks {
  std::map<std::string, std::vector<BlockSpec>> lists;
  std::map<std::string, std::shared_ptr<const BlockDefinition>> definitions;
};

// The "candidates" and "blocks" of a space, where it has them. A list may use those before it. Throws ConfigError.
NamedBlocks ReadNamedBlocks(const Node& space);

// A list's name, or a list of blocks, products and names. A product's order: block, then expand, then the operator's
// kind, then its kernel, the last one fastest. Throws ConfigError for an unknown name, a malformed block, one named
// twice.
std::vector<BlockSpec> ReadCandidates(const Node& node, const NamedBlocks& named);

// The definitions that blocks of the space are of, by name: what "blocks" says of them.
Json DefinitionsOf(const SearchSpace& space);

}  // namespace danas
