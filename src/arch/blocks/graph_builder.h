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
  const MapShape& shape(MapId map) const { return graph_.shape(map); }
  size_t steps() const { return graph_.steps.size(); }

  // A convolution, and the activation where there is one.
  MapId Convolve(MapId x, const std::string& name, const ConvolutionStep& step,
                 std::optional<Activation> activation = std::nullopt);

  // 1x1 to `out` channels.
  MapId Pointwise(MapId x, const std::string& name, int out, std::optional<Activation> activation, int stride = 1);

  // The block's operator, on the channels that there are.
  MapId Operator(MapId x, const std::string& name, const OperatorSpec& op, int stride,
                 std::optional<Activation> activation);

  MapId Deconvolve(MapId x, const std::string& name, const DeconvolutionStep& step,
                   std::optional<Activation> activation = std::nullopt);
  MapId Norm(MapId x, const std::string& name, const NormStep& step);
  MapId Scale(MapId x, const std::string& name, const ScaleStep& step);

  // Hu et al., "Squeeze-and-Excitation Networks", CVPR 2018: pool; 1x1 to `squeezed` channels, activation; 1x1 back,
  // gate; multiply. The 1x1s, "<name>.reduce" and "<name>.expand", have biases and no norm.
  MapId SqueezeExcite(MapId x, const std::string& name, int squeezed, Activation activation, Activation gate);

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
