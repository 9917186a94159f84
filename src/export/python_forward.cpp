#include "python_forward.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

namespace danas {
namespace {

class ForwardBody {
 public:
  ForwardBody(const BlockGraph& graph, const std::vector<ModuleCall>& modules)
      : graph_(graph), modules_(modules), last_reader_(graph.steps.size() + 1, 0), readers_(graph.steps.size() + 1) {
    for (size_t i = 0; i < graph.steps.size(); ++i) {
      for (const MapId map : graph.steps[i].inputs) {
        last_reader_[map] = i;
        readers_[map].push_back(i);
      }
    }
    last_reader_[graph.result] = graph.steps.size();
    text_.resize(graph.steps.size() + 1);
    text_[0] = "x";
  }

  std::string Write() {
    for (size_t i = 0; i < graph_.steps.size(); ++i) {
      if (text_[i + 1].empty()) WriteStep(i);
    }
    return body_ + "        return " + text_[graph_.result] + "\n";
  }

 private:
  void WriteStep(size_t i) {
    const Step& step = graph_.steps[i];
    if (const std::optional<size_t> other = OtherHalf(i)) return WriteHalves(i, *other);
    std::vector<std::string> inputs;
    for (const MapId map : step.inputs) inputs.push_back(text_[map]);
    const std::string expression = ExpressionOf(step, modules_[i].attribute, inputs);
    const bool is_last = i + 1 == graph_.result && i + 1 == graph_.steps.size();
    if (is_last || IsInlined(i + 1)) {
      text_[i + 1] = expression;
      return;
    }
    text_[i + 1] = Variable(i, {});
    body_ += "        " + text_[i + 1] + " = " + expression + "\n";
  }

  // What only an activation reads, as the next step, needs no variable.
  bool IsInlined(MapId map) const {
    return readers_[map].size() == 1 && map != graph_.result &&
           std::holds_alternative<ActivationStep>(graph_.steps[readers_[map][0]].operation) && readers_[map][0] == map;
  }

  // The step that takes the other half of what step i takes a half of.
  std::optional<size_t> OtherHalf(size_t i) const {
    const auto* take = std::get_if<TakeStep>(&graph_.steps[i].operation);
    if (!take || (take->which != Channels::kFirstHalf && take->which != Channels::kSecondHalf)) return std::nullopt;
    for (const size_t reader : readers_[graph_.steps[i].inputs[0]]) {
      const auto* other = std::get_if<TakeStep>(&graph_.steps[reader].operation);
      if (!other || reader <= i || other->which == take->which) continue;
      if (other->which == Channels::kFirstHalf || other->which == Channels::kSecondHalf) return reader;
    }
    return std::nullopt;
  }

  void WriteHalves(size_t i, size_t other) {
    const MapId x = graph_.steps[i].inputs[0];
    const std::string whole = text_[x];
    if (last_reader_[x] == other) last_reader_[x] = i;
    text_[i + 1] = Variable(i, {});
    text_[other + 1] = Variable(i, text_[i + 1]);
    const bool in_order = std::get<TakeStep>(graph_.steps[i].operation).which == Channels::kFirstHalf;
    body_ += "        " + text_[in_order ? i + 1 : other + 1] + ", " + text_[in_order ? other + 1 : i + 1] + " = " +
             whole + ".chunk(2, dim=1)\n";
  }

  // A variable that holds nothing that is needed after step i; not `taken`.
  std::string Variable(size_t i, const std::string& taken) const {
    std::set<std::string> live = {taken};
    for (MapId map = 0; map < text_.size(); ++map) {
      if (map != i + 1 && last_reader_[map] > i) live.insert(text_[map]);
    }
    const auto free = std::ranges::find_if(kVariables, [&](const char* name) { return !live.contains(name); });
    return free == kVariables.end() ? "y" + std::to_string(i + 1) : *free;
  }

  static constexpr std::array kVariables = {"x", "y", "z", "u", "v", "w"};
  const BlockGraph& graph_;
  const std::vector<ModuleCall>& modules_;
  std::vector<size_t> last_reader_;           // [map]
  std::vector<std::vector<size_t>> readers_;  // [map]
  std::vector<std::string> text_;             // [map]; its variable or expression
  std::string body_;
};

}  // namespace

std::string PythonForward(const BlockGraph& graph, const std::vector<ModuleCall>& modules) {
  return ForwardBody(graph, modules).Write();
}

}  // namespace danas
