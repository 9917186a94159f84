// ResNet's shortcut.
#pragma once

#include "graph_builder.h"

namespace danas {

// y and the block's input, through a 1x1 convolution where the layer changes the shape.
inline MapId AddShortcut(GraphBuilder& graph, MapId y, const LayerShape& shape) {
  if (KeepsShape(shape)) return graph.Add(y, graph.input());
  return graph.Add(y, graph.Pointwise(graph.input(), "shortcut", shape.out, std::nullopt, shape.stride));
}

}  // namespace danas
