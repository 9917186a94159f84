// What a block costs, step by step of its graph.
#pragma once

#include <vector>

#include "convolutions.h"
#include "danas/arch/block_graph.h"

namespace danas {

// Its convolutions, in order.
std::vector<Convolution> ConvolutionsOf(const BlockGraph& graph);

// The most elements that it holds at a time, as danas/cost/cost_model.h counts memory.
double PeakElements(const BlockGraph& graph);

}  // namespace danas
