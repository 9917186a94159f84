// Elements of the maps that a block holds at its peak at inference, as danas/cost/cost_model.h defines it.
#pragma once

#include "danas/arch/block_graph.h"

namespace danas {

double ElementsAtPeak(const BlockGraph& graph);

}  // namespace danas
