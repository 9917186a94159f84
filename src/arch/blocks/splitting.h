// What shuffle_a, shuffle_x and shuffle_v2 have in common: half of the channels pass, the others go through a branch.
#pragma once

#include <optional>

#include "graph_builder.h"

namespace danas {

// The two ways through such a block.
struct Ways {
  MapId pass;                        // beside the branch
  MapId branch;                      // what enters it
  std::vector<int64_t> places = {};  // with ChannelOrder::kKept: where the branch's channels are in the input
};

// At stride 1 the channels that pass and those that enter; at stride 2 a projection to `passing` channels, and all.
Ways Split(GraphBuilder& graph, const BlockSpec& block, const LayerShape& shape, std::optional<int> stage_place,
           Channels pass, Channels enter, int passing);

std::string WhyInvalidShuffle(const LayerShape& shape);

}  // namespace danas
