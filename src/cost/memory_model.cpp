// The peak of the activations of a network at inference, as danas/cost/cost_model.h defines it.
#include "memory_model.h"

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <vector>

#include "danas/cost/cost_model.h"

namespace danas {
namespace {

constexpr double kElementBytes = 4;

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
        if constexpr (std::is_same_v<S, NormStep> || std::is_same_v<S, ScaleStep> ||
                      std::is_same_v<S, ActivationStep> || std::is_same_v<S, AddStep> ||
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

double Elements(double channels, Size size) { return channels * size.height * size.width; }

// The input and the result of each step of a chain.
std::vector<double> StemElements(const SearchSpace& space) {
  const StemSpec& stem = space.stem();
  std::vector<double> elements = {Elements(space.input_channels(), space.input())};
  if (stem.channels > 0) elements.push_back(Elements(stem.channels, Downsampled(space.input(), stem.stride)));
  return elements;
}

std::vector<double> HeadElements(const SearchSpace& space) {
  if (space.has_heat_maps())
    return {Elements(space.feature_channels(), space.feature_size()), space.heat_maps().elements()};
  const HeadSpec& head = space.head();
  const Size size = space.feature_size();
  std::vector<double> elements = {Elements(space.feature_channels(), size)};
  if (head.channels > 0) elements.push_back(Elements(head.channels, size));
  elements.push_back(space.pooled_features());
  for (const int width : head.hidden) elements.push_back(width);
  elements.push_back(space.classes());
  return elements;
}

double ChainPeak(const std::vector<double>& elements) {
  double peak = elements.front();
  for (size_t i = 1; i < elements.size(); ++i) peak = std::max(peak, elements[i - 1] + elements[i]);
  return peak;
}

class MemoryModel : public CostModel {
 public:
  std::string unit() const override { return "bytes"; }
  CostFold fold() const override { return CostFold::kMax; }
  double Block(const BlockSpec& block, const LayerShape& shape) const override {
    return kElementBytes * ElementsAtPeak(GraphOf(block, shape));
  }
  double Stem(const SearchSpace& space) const override { return kElementBytes * ChainPeak(StemElements(space)); }
  double Head(const SearchSpace& space) const override { return kElementBytes * ChainPeak(HeadElements(space)); }
};

}  // namespace

double ElementsAtPeak(const BlockGraph& graph) { return Memories(graph).Peak(); }

std::unique_ptr<CostModel> MakeMemoryModel() { return std::make_unique<MemoryModel>(); }

}  // namespace danas
