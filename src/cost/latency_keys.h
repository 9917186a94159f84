// The keys of latency tables, as danas/cost/cost_model.h describes them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "danas/arch/block_graph.h"
#include "danas/arch/space.h"

namespace danas {

// "" for a block that takes no time.
std::string BlockKey(const BlockSpec& block, const LayerShape& shape);

// "" where there is none.
std::string StemKey(const SearchSpace& space);

// Those of the 1x1 convolution, where there is one, and of the classifier; or of the heat maps alone.
std::vector<std::string> HeadKeys(const SearchSpace& space);

// The block that the layout's expanded_conv stands for, where that is what the graph computes in such a layer: an
// inverted residual with a depthwise operator, relu6 and a whole expand.
std::optional<BlockSpec> ExpandedConvOf(const BlockGraph& graph, const LayerShape& shape);

}  // namespace danas
