#include "danas/arch/block_definition.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>
#include <utility>

#include "danas/arch/space_limits.h"
#include "danas/core/text_list.h"
#include "defined_step.h"

namespace danas {
namespace {

constexpr size_t kMostSteps = 200;
constexpr size_t kMostJoined = 32;  // maps
constexpr size_t kMostParameters = 32;
constexpr size_t kLongestName = 64;
constexpr double kLargestValue = 1e6;

// Letters, digits and underscores, beginning with a letter: weights, and files of curves, have these names.
bool IsName(const std::string& name) {
  return !name.empty() && name.size() <= kLongestName && std::isalpha(static_cast<unsigned char>(name[0])) &&
         std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

void RequireName(const Node& node, const std::string& name, const std::string& what) {
  if (IsName(name)) return;
  node.Fail("'" + name + "' is no name of " + what + ": use at most " + std::to_string(kLongestName) +
            " letters, digits and underscores, a letter first");
}

template <typename Enum>
bool NamesOne(const std::string& name) {
  return std::ranges::find(EnumNames<Enum>::kNames, name) != EnumNames<Enum>::kNames.end();
}

BlockDefinition::ParameterType TypeOf(const Node& value) {
  if (value.IsText()) return BlockDefinition::ParameterType::kActivation;
  return value.IsBool() ? BlockDefinition::ParameterType::kFlag : BlockDefinition::ParameterType::kNumber;
}

BlockDefinition::Parameter ReadParameter(const std::string& name, const Node& node) {
  constexpr std::array<std::string_view, 5> kTaken = {"in", "out", "stride", "channels", "block"};
  RequireName(node, name, "a parameter");
  if (std::ranges::find(kTaken, name) != kTaken.end() || IsWordOfExpressions(name) || NamesOne<Activation>(name)) {
    node.Fail("a parameter cannot be called '" + name + "': the name has a meaning already");
  }
  const Node value = node.IsMap() ? node.Key("default") : node;
  BlockDefinition::Parameter parameter{.name = name, .label = name, .type = TypeOf(value)};
  const bool is_operator = name == kOperatorParameter;
  if (const auto label = node.IsMap() ? node.Find("label") : std::nullopt) {
    if (is_operator)
      label->Fail("the parameter kernel has no label: it is the operator's part of the name, as in 'k3'");
    parameter.label = label->AsText();
    RequireName(*label, parameter.label, "a label");
  }
  parameter.fallback = parameter.Read(value);
  if (is_operator && parameter.type != BlockDefinition::ParameterType::kNumber) {
    value.Fail("found " + value.Found() + "; the parameter kernel is a number, the operator's part of the name");
  }
  return parameter;
}

// A step, what it reads, and when it is there.
struct PlacedStep {
  std::string name;          // "" where it has none
  std::string what;          // "step 'expand'", "steps[3]"
  std::vector<size_t> from;  // 0: the input; i + 1: the result of step i
  std::optional<Expression> when;
  std::unique_ptr<const DefinedStep> step;
};

// Steps of a definition, with the names there are.
class StepReader {
 public:
  explicit StepReader(DefinedNames& names) : names_(names) {}

  std::vector<PlacedStep> Read(const Node& list) {
    const std::vector<Node> nodes = list.Items();
    if (nodes.size() > kMostSteps) {
      list.Fail(std::to_string(nodes.size()) + " steps; a block has at most " + std::to_string(kMostSteps));
    }
    for (const Node& node : nodes) ReadOne(node);
    return std::move(steps_);
  }

 private:
  void ReadOne(const Node& node) {
    PlacedStep step;
    step.step = ReadStep(node, names_);
    step.name = node.KeyOr("name", std::string());
    step.what = step.name.empty() ? "steps[" + std::to_string(steps_.size()) + "]" : "step '" + step.name + "'";
    if (const auto name = node.Find("name")) CheckName(*name, step.name);
    if (step.name.empty() && step.step->has_weights()) node.Fail("a step with weights needs a name");
    step.from = ReadFrom(node);
    const std::optional<size_t> wanted = step.step->inputs();
    if (wanted ? step.from.size() != *wanted : step.from.size() < 2) {
      node.Fail("\"from\" names " + std::to_string(step.from.size()) + "; this step reads " +
                (wanted ? std::to_string(*wanted) : "two or more"));
    }
    if (const auto when = node.Find("when")) step.when = ReadExpression(*when, names_);
    if (!step.name.empty()) places_[step.name] = steps_.size() + 1;
    steps_.push_back(std::move(step));
  }

  void CheckName(const Node& node, const std::string& name) const {
    RequireName(node, name, "a step");
    if (name == "input") node.Fail("a step cannot be called 'input': that is the block's input");
    if (places_.contains(name)) node.Fail("two steps are called '" + name + "'");
  }

  std::vector<size_t> ReadFrom(const Node& node) const {
    const auto from = node.Find("from");
    if (!from) return {steps_.size()};
    if (!from->IsList()) return {PlaceOf(*from)};
    std::vector<size_t> places;
    for (const Node& item : from->Items()) places.push_back(PlaceOf(item));
    if (places.size() > kMostJoined) from->Fail("more than " + std::to_string(kMostJoined) + " maps");
    return places;
  }

  size_t PlaceOf(const Node& node) const {
    const std::string name = node.AsText();
    if (name == "input") return 0;
    const auto found = places_.find(name);
    if (found != places_.end()) return found->second;
    std::vector<std::string> known = {"input"};
    for (const auto& [before, place] : places_) known.push_back(before);
    node.Fail("no step before this one is called '" + name + "'; known here: " + Joined(known));
  }

  DefinedNames& names_;
  std::map<std::string, size_t> places_;
  std::vector<PlacedStep> steps_;
};

void CheckResult(const BlockGraph& graph, const MapShape& wanted) {
  const MapShape& result = graph.shape(graph.result);
  if (result == wanted) return;
  throw std::invalid_argument("it gives " + ToText(result) + " where the layer has " + ToText(wanted));
}

// The first whose result nothing reads.
std::optional<size_t> UnusedStep(const BlockGraph& graph) {
  std::vector<bool> used(graph.steps.size() + 1);
  used[graph.result] = true;
  for (const Step& step : graph.steps) {
    for (const MapId input : step.inputs) used[input] = true;
  }
  for (size_t i = 0; i < graph.steps.size(); ++i) {
    if (!used[i + 1]) return i;
  }
  return std::nullopt;
}

}  // namespace

DefinedBlock::Value BlockDefinition::Parameter::Read(const Node& node) const {
  if (type == ParameterType::kActivation) return node.As<Activation>();
  if (type == ParameterType::kFlag) return node.AsBool() ? 1.0 : 0.0;
  const double number = node.AsDouble();
  if (number < 0 || number > kLargestValue) node.Fail("found " + node.Found() + "; expected a number from 0 to 1e6");
  return number == 0 ? 0 : number;  // -0 would have another name
}

struct BlockDefinition::Parts {
  std::vector<Expression> needs;
  std::vector<PlacedStep> steps;
  size_t work = 0;
};

BlockDefinition::BlockDefinition(const std::string& name, const Node& node) : name_(name) {
  RequireName(node, name, "a block");
  if (NamesOne<BlockKind>(name)) node.Fail("danas has a block '" + name + "' already; choose another name");
  DefinedNames names{.numbers = {"in", "out", "stride"}, .activations = {}};
  if (const auto parameters = node.Find("parameters")) {
    for (const auto& [key, value] : parameters->Entries()) {
      if (parameters_.size() == kMostParameters) {
        parameters->Fail("more than " + std::to_string(kMostParameters) + " parameters");
      }
      parameters_.push_back(ReadParameter(key, value));
      const bool is_activation = parameters_.back().type == ParameterType::kActivation;
      (is_activation ? names.activations : names.numbers).insert(key);
    }
  }
  auto parts = std::make_unique<Parts>();
  if (const auto needs = node.Find("needs")) {
    for (const Node& need : needs->Items()) parts->needs.push_back(ReadExpression(need, names));
  }
  const Node steps = node.Key("steps");
  names.numbers.insert("channels");
  parts->steps = StepReader(names).Read(steps);
  if (parts->steps.empty()) steps.Fail("an empty list; expected at least one step");
  node.RejectUnreadKeys();
  for (const Parameter& parameter : parameters_) {
    if (names.used.contains(parameter.name)) continue;
    node.Key("parameters").Key(parameter.name).Fail("no step uses the parameter '" + parameter.name + "'");
  }
  parts->work = parts->steps.size() + names.terms;
  parts_ = std::move(parts);
  json_ = node.ToJson();
}

BlockDefinition::~BlockDefinition() = default;

size_t BlockDefinition::work() const { return parts_->work; }

BlockGraph BlockDefinition::Graph(const std::vector<DefinedBlock::Value>& values, const LayerShape& shape) const {
  DefinedValues known{.numbers = {{"in", shape.in}, {"out", shape.out}, {"stride", shape.stride}}, .activations = {}};
  for (size_t p = 0; p < parameters_.size(); ++p) {
    const std::string& name = parameters_[p].name;
    if (const auto* number = std::get_if<double>(&values[p])) known.numbers[name] = *number;
    if (const auto* activation = std::get_if<Activation>(&values[p])) known.activations[name] = *activation;
  }
  for (const Expression& need : parts_->needs) {
    if (Evaluate(need, known, "needs") == 0) throw std::invalid_argument("needs " + need.text());
  }
  GraphBuilder graph(shape);
  std::vector<MapId> maps = {graph.input()};
  std::vector<const PlacedStep*> made_by;  // [step of the graph]
  for (const PlacedStep& step : parts_->steps) {
    std::vector<MapId> from;
    for (const size_t place : step.from) from.push_back(maps[place]);
    known.numbers["channels"] = graph.shape(from[0]).channels;
    try {
      const bool there = !step.when || Evaluate(*step.when, known, "when") != 0;
      maps.push_back(there ? step.step->Append(graph, step.name, from, known) : from[0]);
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(step.what + ": " + error.what());
    }
    made_by.resize(graph.steps(), &step);
  }
  BlockGraph finished = std::move(graph).Finish(maps.back());
  CheckResult(finished, {shape.out, shape.output()});
  if (const auto unused = UnusedStep(finished)) {
    throw std::invalid_argument(made_by[*unused]->what + ": no step uses its result");
  }
  return finished;
}

}  // namespace danas
