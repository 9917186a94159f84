// Makes a BlockGraph, step by step: each function appends one and returns its map.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "danas/arch/block_graph.h"

namespace danas {

class GraphBuilder {
 public:
  explicit GraphBuilder(const LayerShape& shape) : graph_{.input = {shape.in, shape.input}} {}

  MapId input() const { return 0; }

  // A convolution, and the activation where there is one.
  MapId Convolve(MapId x, const std::string& name, const ConvolutionStep& step,
                 std::optional<Activation> activation = std::nullopt);

  // 1x1 to `out` channels.
  MapId Pointwise(MapId x, const std::string& name, int out, std::optional<Activation> activation, int stride = 1);

  // The block's operator, on the channels that there are.
  MapId Operator(MapId x, const std::string& name, const OperatorSpec& op, int stride,
                 std::optional<Activation> activation);

  MapId Activate(MapId x, Activation activation);
  MapId Take(MapId x, const TakeStep& step);
  MapId Put(MapId x, MapId branch, std::vector<int64_t> places);
  MapId Join(std::vector<MapId> maps, bool in_turn = false);
  MapId Mix(MapId x, int groups);
  MapId Add(MapId a, MapId b);
  MapId Multiply(MapId x, MapId factor);
  MapId Pooled(MapId x, const PoolStep& step);
  MapId GlobalAverage(MapId x);

  void PutWeightsFirst(const std::string& module) { graph_.weights_first = module; }

  BlockGraph Finish(MapId result) && {
    graph_.result = result;
    return std::move(graph_);
  }

 private:
  MapId Append(Step step);

  BlockGraph graph_;
};

}  // namespace danas
