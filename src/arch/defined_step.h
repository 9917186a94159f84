// One step of a kind of block that a space file defines: read from the file, and added to a graph.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "blocks/graph_builder.h"
#include "danas/config/document.h"
#include "defined_values.h"

namespace danas {

class DefinedStep {
 public:
  virtual ~DefinedStep() = default;

  // Throws std::invalid_argument where it does not fit ("channels is 0; ..."). `from`: as many as inputs() says.
  virtual MapId Append(GraphBuilder& graph, const std::string& name, const std::vector<MapId>& from,
                       const DefinedValues& values) const = 0;

  // How many maps it reads; nothing: two or more.
  virtual std::optional<size_t> inputs() const { return 1; }
  virtual bool has_weights() const { return false; }
};

// Throws ConfigError.
std::unique_ptr<const DefinedStep> ReadStep(const Node& node, DefinedNames& names);

}  // namespace danas
