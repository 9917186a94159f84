#include "defined_values.h"

#include <cmath>
#include <stdexcept>
#include <utility>
#include <vector>

#include "danas/core/json.h"
#include "danas/core/text_list.h"

namespace danas {
namespace {

std::string Text(double number) {
  std::string text = Json(number).dump();
  return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

// An expression in an error: long ones are cut.
std::string Shown(const std::string& text) {
  constexpr size_t kLongest = 60;
  return "'" + (text.size() > kLongest ? text.substr(0, kLongest) + "..." : text) + "'";
}

std::string TextOf(const Node& node) {
  if (node.IsText()) return node.AsText();
  if (node.IsBool()) return node.AsBool() ? "1" : "0";
  if (node.IsList() || node.IsMap()) node.Fail("found " + node.Found() + ", expected a number or an expression");
  return Text(node.AsDouble());
}

Expression ReadWholeNumber(const Node& step, const std::string& key, const std::string& fallback, DefinedNames& names) {
  if (fallback.empty()) return ReadExpression(step.Key(key), names);
  const auto node = step.Find(key);
  return node ? ReadExpression(*node, names) : Expression(fallback);
}

}  // namespace

Expression ReadExpression(const Node& node, DefinedNames& names) {
  const std::string text = TextOf(node);
  std::optional<Expression> expression;
  try {
    expression.emplace(text);
  } catch (const std::invalid_argument& error) {
    node.Fail("the expression " + Shown(text) + ": " + error.what());
  }
  for (const std::string& name : expression->names()) {
    if (!names.numbers.contains(name)) {
      node.Fail("the expression " + Shown(text) + " uses '" + name +
                "'; known here: " + Joined(std::vector<std::string>(names.numbers.begin(), names.numbers.end())));
    }
    names.used.insert(name);
  }
  names.terms += expression->terms();
  return *std::move(expression);
}

double Evaluate(const Expression& expression, const DefinedValues& values, const std::string& what) {
  try {
    return expression.Evaluate(values.numbers);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(what + ", " + Shown(expression.text()) + ", " + error.what());
  }
}

WholeNumber::WholeNumber(const Node& step, const std::string& key, const std::string& fallback, int most,
                         DefinedNames& names)
    : key_(key), expression_(ReadWholeNumber(step, key, fallback, names)), most_(most) {}

int WholeNumber::In(const DefinedValues& values) const {
  const double value = Evaluate(expression_, values, key_);
  if (value >= 1 && value <= most_ && value == std::floor(value)) return static_cast<int>(value);
  throw std::invalid_argument(key_ + " is " + Text(value) + "; expected a whole number from 1 to " +
                              std::to_string(most_));
}

ActivationChoice::ActivationChoice(const Node& node, DefinedNames& names) : name_(node.AsText()) {
  std::vector<std::string> known(names.activations.begin(), names.activations.end());
  known.insert(known.end(), EnumNames<Activation>::kNames.begin(), EnumNames<Activation>::kNames.end());
  node.AsOneOf(known);
  if (!names.activations.contains(name_)) fixed_ = node.As<Activation>();
  names.used.insert(name_);
}

}  // namespace danas
