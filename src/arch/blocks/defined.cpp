// Blocks that a space file defines (arch/block_definition.h).
#include <stdexcept>
#include <utility>

#include "block_form.h"
#include "danas/arch/block_definition.h"
#include "danas/arch/space_limits.h"

namespace danas {
namespace {

class Defined : public BlockForm {
 public:
  BlockGraph Graph(const BlockSpec& block, const LayerShape& shape, std::optional<int>) const override {
    return block.defined.definition->Graph(block.defined.values, shape);
  }

  std::string Name(const BlockSpec& block) const override {
    if (!WhyMalformed(block).empty()) return "malformed";
    std::string name = block.defined.definition->name();
    ForEachValue(block, [&](const BlockDefinition::Parameter& parameter, const DefinedBlock::Value& value) {
      if (parameter.name != kOperatorParameter) name += "_" + parameter.label + ValueInName(value);
    });
    return name;
  }

  std::string OperatorName(const BlockSpec& block) const override {
    if (!WhyMalformed(block).empty()) return "";
    std::string name;
    ForEachValue(block, [&](const BlockDefinition::Parameter& parameter, const DefinedBlock::Value& value) {
      if (parameter.name == kOperatorParameter) name = "k" + ValueInName(value);
    });
    return name;
  }

  BlockSpec Canonical(const BlockSpec& block) const override { return {.kind = block.kind, .defined = block.defined}; }

  std::string WhyMalformed(const BlockSpec& block) const override {
    if (!block.defined.definition) return "it has no definition";
    const auto& parameters = block.defined.definition->parameters();
    bool fits = parameters.size() == block.defined.values.size();
    for (size_t p = 0; fits && p < parameters.size(); ++p) {
      fits = parameters[p].fallback.index() == block.defined.values[p].index();
    }
    return fits ? "" : "its values are not those of the parameters of " + block.defined.definition->name();
  }

  std::string WhyInvalid(const BlockSpec& block, const LayerShape& shape) const override {
    try {
      block.defined.definition->Graph(block.defined.values, shape);
      return "";
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
  }

  bool has_operator() const override { return false; }
  bool has_activation() const override { return false; }
  bool enlarges() const override { return true; }

 private:
  template <typename Visit>
  static void ForEachValue(const BlockSpec& block, const Visit& visit) {
    const auto& parameters = block.defined.definition->parameters();
    for (size_t p = 0; p < parameters.size(); ++p) visit(parameters[p], block.defined.values[p]);
  }

  static std::string ValueInName(const DefinedBlock::Value& value) {
    if (const auto* activation = std::get_if<Activation>(&value)) return std::string("_") + NameOf(*activation);
    return NumberInName(std::get<double>(value));
  }

  std::string KindName(const BlockSpec& block) const override { return block.defined.definition->name(); }

  void WriteOwn(const BlockSpec& block, Json& entry) const override {
    ForEachValue(block, [&](const BlockDefinition::Parameter& parameter, const DefinedBlock::Value& value) {
      if (const auto* activation = std::get_if<Activation>(&value)) {
        entry[parameter.name] = NameOf(*activation);
      } else if (const double number = std::get<double>(value);
                 parameter.type == BlockDefinition::ParameterType::kFlag) {
        entry[parameter.name] = number != 0;
      } else {
        entry[parameter.name] = NumberAsWritten(number);
      }
    });
  }
};

constexpr size_t kLongestName = 120;  // of a candidate: it is in names of weights, tables and files

// What an entry lists for a parameter.
std::vector<DefinedBlock::Value> ReadValues(const Node& entry, const BlockDefinition::Parameter& parameter) {
  const auto node = entry.Find(parameter.name);
  if (!node) return {parameter.fallback};
  if (!node->IsList()) return {parameter.Read(*node)};
  std::vector<DefinedBlock::Value> values;
  for (const Node& item : node->Items()) values.push_back(parameter.Read(item));
  if (values.empty()) node->Fail("an empty list; expected at least one value");
  return values;
}

}  // namespace

std::vector<BlockSpec> ReadDefined(const Node& entry, const std::shared_ptr<const BlockDefinition>& definition) {
  std::vector<BlockSpec> blocks = {{.kind = BlockKind::kDefined, .defined = {.definition = definition, .values = {}}}};
  for (const BlockDefinition::Parameter& parameter : definition->parameters()) {
    const std::vector<DefinedBlock::Value> values = ReadValues(entry, parameter);
    if (values.size() > kMostCandidates || blocks.size() * values.size() > kMostCandidates) {
      entry.Fail("expands to more than " + std::to_string(kMostCandidates) + " candidates");
    }
    std::vector<BlockSpec> product;
    for (const BlockSpec& block : blocks) {
      for (const DefinedBlock::Value& value : values) {
        product.push_back(block);
        product.back().defined.values.push_back(value);
      }
    }
    blocks = std::move(product);
  }
  for (BlockSpec& block : blocks) {
    block = Canonical(block);
    if (CandidateName(block).size() > kLongestName) {
      entry.Fail("the name " + CandidateName(block).substr(0, kLongestName) +
                 "... is too long; give the parameters of " + definition->name() +
                 " shorter labels, or rounder values");
    }
  }
  return blocks;
}

const BlockForm& DefinedForm() {
  static const Defined form;
  return form;
}

}  // namespace danas
