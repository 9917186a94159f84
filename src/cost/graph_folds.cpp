#include "graph_folds.h"

#include <algorithm>
#include <type_traits>

namespace danas {
namespace {

// Where a step's result lies.
enum class Place {
  kNew,     // in memory of its own
  kOver,    // over what it reads, where nothing else needs that
  kWithin,  // where what it reads lies
};

Place PlaceOf(const Operation& operation) {
  return std::visit(
      [](const auto& step) {
        using S = std::decay_t<decltype(step)>;
        if constexpr (std::is_same_v<S, TakeStep> || std::is_same_v<S, MixStep>) return Place::kWithin;
        if constexpr (std::is_same_v<S, ActivationStep> || std::is_same_v<S, AddStep> ||
                      std::is_same_v<S, MultiplyStep>)
          return Place::kOver;
        return Place::kNew;
      },
      operation);
}

// A stretch of memory, from the step that writes it (0: the input) to the last that reads it.
struct Held {
  double elements = 0;
  size_t written = 0;
  size_t last_read = 0;
};

// Which memory each map of a graph lies in.
class Memories {
 public:
  explicit Memories(const BlockGraph& graph) : graph_(graph) {
    held_.push_back({.elements = graph.input.elements()});
    memory_of_.push_back(0);
    for (size_t i = 0; i < graph.steps.size(); ++i) PlaceResult(i);
    held_[memory_of_[graph.result]].last_read = graph.steps.size();
  }

  double Peak() const {
    double peak = held_[0].elements;
    for (size_t step = 1; step <= graph_.steps.size(); ++step) {
      double sum = 0;
      for (const Held& held : held_) {
        if (held.written <= step && step <= held.last_read) sum += held.elements;
      }
      peak = std::max(peak, sum);
    }
    return peak;
  }

 private:
  void PlaceResult(size_t i) {
    const Step& step = graph_.steps[i];
    for (const MapId input : step.inputs) held_[memory_of_[input]].last_read = i + 1;
    const Place place = PlaceOf(step.operation);
    if (place == Place::kWithin) return memory_of_.push_back(memory_of_[step.inputs[0]]);
    if (place == Place::kOver) {
      for (const MapId input : step.inputs) {
        if (graph_.shape(input) == step.output && !IsReadAfter(i, memory_of_[input])) {
          return memory_of_.push_back(memory_of_[input]);
        }
      }
    }
    memory_of_.push_back(held_.size());
    held_.push_back({.elements = step.output.elements(), .written = i + 1, .last_read = i + 1});
  }

  // By a map that there is already.
  bool IsReadAfter(size_t i, size_t memory) const {
    const auto lies_there = [&](MapId map) { return map < memory_of_.size() && memory_of_[map] == memory; };
    for (size_t later = i + 1; later < graph_.steps.size(); ++later) {
      if (std::ranges::any_of(graph_.steps[later].inputs, lies_there)) return true;
    }
    return lies_there(graph_.result);
  }

  const BlockGraph& graph_;
  std::vector<Held> held_;
  std::vector<size_t> memory_of_;  // [map]
};

}  // namespace

std::vector<Convolution> ConvolutionsOf(const BlockGraph& graph) {
  std::vector<Convolution> list;
  for (const Step& step : graph.steps) {
    const auto* convolution = std::get_if<ConvolutionStep>(&step.operation);
    if (!convolution) continue;
    list.push_back({.in = graph.shape(step.inputs[0]).channels,
                    .out = convolution->out,
                    .kernel = convolution->kernel,
                    .groups = convolution->groups,
                    .output = step.output.size,
                    .norm = convolution->norm,
                    .bias = convolution->bias});
  }
  return list;
}

double PeakElements(const BlockGraph& graph) { return Memories(graph).Peak(); }

}  // namespace danas
