// What danas knows of one kind of block: each kind is a file beside this one, and a line of FormOf().
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "danas/arch/block_graph.h"
#include "danas/arch/spec.h"
#include "danas/config/document.h"
#include "danas/core/json.h"

namespace danas {

class BlockForm {
 public:
  virtual ~BlockForm() = default;

  // Of a block that is neither malformed nor invalid there; `stage_place` as of GraphOf().
  virtual BlockGraph Graph(const BlockSpec& block, const LayerShape& shape, std::optional<int> stage_place) const = 0;

  // The block's part of its candidate's name: that of its kind, where no field of its own tells it from another.
  virtual std::string Name(const BlockSpec& block) const;

  // The operator's part of it: "k5"; "" where the kind has none.
  virtual std::string OperatorName(const BlockSpec& block) const;

  // The block with the fields that this kind uses, and the others at their defaults: here operator and activation.
  virtual BlockSpec Canonical(const BlockSpec& block) const;

  // What is wrong with its own fields, and where it cannot be used; "" where nothing is. Kernels have been checked.
  virtual std::string WhyMalformed(const BlockSpec& /*block*/) const { return ""; }
  virtual std::string WhyInvalid(const BlockSpec& /*block*/, const LayerShape& /*shape*/) const { return ""; }

  // The candidates of an entry of a space file: all combinations of what it lists, the operator's kernel changing
  // fastest.
  std::vector<BlockSpec> Read(const Node& entry, BlockKind kind) const;
  // The entry of one candidate.
  Json Write(const BlockSpec& block) const;

  virtual Activation default_activation() const { return Activation::kRelu; }
  virtual bool has_operator() const { return true; }
  virtual bool has_activation() const { return true; }
  virtual bool takes_even_kernels() const { return false; }

  // Can stand in a layer with an upsample.
  virtual bool enlarges() const { return false; }

  // Computes something else with ChannelOrder::kKept.
  virtual bool shuffles_channels() const { return false; }

 private:
  // The value of the key "block".
  virtual std::string KindName(const BlockSpec& block) const { return NameOf(block.kind); }

  // Those of its own keys; operator and activation are read and written for all.
  virtual std::vector<BlockSpec> ReadOwn(const Node& /*entry*/, const BlockSpec& block) const { return {block}; }
  virtual void WriteOwn(const BlockSpec& /*block*/, Json& /*entry*/) const {}
  virtual std::vector<OperatorSpec> ReadOperators(const Node& entry) const;
  virtual void WriteOperator(const BlockSpec& block, Json& entry) const;
};

const BlockForm& FormOf(BlockKind kind);

// One of each file, for FormOf().
const BlockForm& InvertedResidualForm();
const BlockForm& ShuffleAForm();
const BlockForm& ShuffleXForm();
const BlockForm& ShuffleV1Form();
const BlockForm& ShuffleV2Form();
const BlockForm& ResidualForm();
const BlockForm& BasicForm();
const BlockForm& DepthwiseSeparableForm();
const BlockForm& ConvolutionForm();
const BlockForm& DeconvolutionForm();
const BlockForm& MaxPoolForm();
const BlockForm& IdentityForm();
const BlockForm& DefinedForm();

// The candidates of an entry that names a kind which its file defines: all combinations of what it lists, the last
// parameter's values changing fastest.
std::vector<BlockSpec> ReadDefined(const Node& entry, const std::shared_ptr<const BlockDefinition>& definition);

// One value, or a list of values.
template <typename T>
std::vector<T> OneOrMore(const Node& node) {
  if (!node.IsList()) return {node.As<T>()};
  std::vector<T> values;
  for (const Node& item : node.Items()) values.push_back(item.As<T>());
  if (values.empty()) node.Fail("an empty list; expected at least one value");
  return values;
}

// Whole numbers without a point, as people write them.
Json NumberAsWritten(double value);

// 6 -> "6", 1.5 -> "1p5", for names.
std::string NumberInName(double value);

// "" where the operator is dense, as blocks whose first convolution changes the channels need it; `who` is "this" or "a
// fused", as the message begins.
std::string WhyNotDense(const BlockSpec& block, const std::string& who);

}  // namespace danas
