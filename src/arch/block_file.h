// Candidates as data: one block in full, or a compact product of several (docs/file-formats.md).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "danas/arch/spec.h"
#include "danas/config/document.h"

namespace danas {

// Lists of candidates that a space file names once and uses in several layers.
using NamedCandidates = std::map<std::string, std::vector<BlockSpec>>;

// A list's name, or a list of blocks, products and names. A product's order: block, then expand, then the operator's
// kind, then its kernel, the last one fastest. Throws ConfigError for an unknown name, a malformed block, one named
// twice.
std::vector<BlockSpec> ReadCandidates(const Node& node, const NamedCandidates& named);

// A map of lists; each may use those before it.
NamedCandidates ReadNamedCandidates(const Node& node);

}  // namespace danas
