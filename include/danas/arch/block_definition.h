// A kind of block that a space file defines: its parameters and its steps, with expressions for numbers
// (docs/file-formats.md, "Blocks of your own").
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "danas/arch/block_graph.h"
#include "danas/arch/spec.h"
#include "danas/config/document.h"
#include "danas/core/json.h"

namespace danas {

// The parameter that is the operator's part of a candidate's name: "k3".
inline constexpr char kOperatorParameter[] = "kernel";

class BlockDefinition {
 public:
  // A flag is true or false in files, and 1 or 0 in expressions.
  enum class ParameterType { kNumber, kFlag, kActivation };
  struct Parameter {
    std::string name;
    std::string label;  // in candidates' names: "e" gives "e6"
    ParameterType type = ParameterType::kNumber;
    DefinedBlock::Value fallback = {};

    // Throws ConfigError.
    DefinedBlock::Value Read(const Node& node) const;
  };

  // The value of the key `name` under "blocks". Throws ConfigError with file, line and key.
  BlockDefinition(const std::string& name, const Node& node);
  ~BlockDefinition();
  BlockDefinition(const BlockDefinition&) = delete;
  BlockDefinition& operator=(const BlockDefinition&) = delete;

  const std::string& name() const { return name_; }
  const std::vector<Parameter>& parameters() const { return parameters_; }
  size_t work() const;  // steps, and terms of their expressions: what making a graph takes

  // The graph with these values of the parameters there. Throws std::invalid_argument: why there is none ("step
  // 'expand': its channels are 0").
  BlockGraph Graph(const std::vector<DefinedBlock::Value>& values, const LayerShape& shape) const;

  // As it was read, which is what definitions are compared by; reads back to an equal one.
  const Json& ToJson() const { return json_; }
  bool operator==(const BlockDefinition& other) const {
    return this == &other || (name_ == other.name_ && json_ == other.json_);
  }

 private:
  struct Parts;  // what is read of steps and requirements

  std::string name_;
  Json json_;
  std::vector<Parameter> parameters_;
  std::unique_ptr<const Parts> parts_;
};

}  // namespace danas
