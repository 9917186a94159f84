// Numbers and activations of a block that a space file defines: read as expressions and names, known in one place.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "danas/arch/expression.h"
#include "danas/arch/spec.h"
#include "danas/config/document.h"

namespace danas {

// What a definition may name: numbers (in, out, stride, parameters; in steps also the channels that one reads), and
// parameters that are activations; and what of it has been named.
struct DefinedNames {
  std::set<std::string> numbers;
  std::set<std::string> activations;
  std::set<std::string> used = {};
  size_t terms = 0;  // of all expressions
};

// Their values in one place.
struct DefinedValues {
  std::map<std::string, double> numbers;
  std::map<std::string, Activation> activations;
};

// A number, true or false, or a text with an expression of these names. Throws ConfigError.
Expression ReadExpression(const Node& node, DefinedNames& names);

// Throws std::invalid_argument that begins with `what`: "channels, 'in / 0', divides by 0".
double Evaluate(const Expression& expression, const DefinedValues& values, const std::string& what);

// A key whose value is a whole number of at least 1, once its expression has a place.
class WholeNumber {
 public:
  // "" as `fallback`: the key must be there.
  WholeNumber(const Node& step, const std::string& key, const std::string& fallback, int most, DefinedNames& names);

  // Throws std::invalid_argument.
  int In(const DefinedValues& values) const;

 private:
  std::string key_;
  Expression expression_;
  int most_;
};

// An activation, or the parameter that is one.
class ActivationChoice {
 public:
  ActivationChoice(const Node& node, DefinedNames& names);

  Activation In(const DefinedValues& values) const { return fixed_ ? *fixed_ : values.activations.at(name_); }

 private:
  std::string name_;
  std::optional<Activation> fixed_;
};

}  // namespace danas
