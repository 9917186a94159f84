// One step of a kind of block that a space file defines: read from the file, and added to a graph.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "blocks/graph_builder.h"
#include "danas/arch/expression.h"
#include "danas/config/document.h"

namespace danas {

// What a definition may name: numbers (in, out, stride, parameters; in steps also the channels that one reads), and
// parameters that are activations.
struct DefinedNames {
  std::set<std::string> numbers;
  std::set<std::string> activations;
};

// Their values in one place.
struct DefinedValues {
  std::map<std::string, double> numbers;
  std::map<std::string, Activation> activations;
};

// A number, or a text with an expression of these names. Throws ConfigError.
Expression ReadExpression(const Node& node, const std::set<std::string>& names);

// Throws std::invalid_argument that begins with `what`: "needs[0] divides by 0".
double Evaluate(const Expression& expression, const DefinedValues& values, const std::string& what);

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
std::unique_ptr<const DefinedStep> ReadStep(const Node& node, const DefinedNames& names);

}  // namespace danas
