// What shuffle_a, shuffle_x and shuffle_v2 have in common: half of the channels pass, the others go through a branch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "block_form.h"
#include "graph_builder.h"

namespace danas {

// "" where a shuffle block, shuffle_v1 too, can stand.
std::string WhyInvalidShuffle(const LayerShape& shape);

class SplittingForm : public BlockForm {
 public:
  std::string WhyInvalid(const BlockSpec& /*block*/, const LayerShape& shape) const override {
    return WhyInvalidShuffle(shape);
  }
  bool shuffles_channels() const override { return true; }

 protected:
  // The two ways through such a block.
  struct Ways {
    MapId pass;                        // beside the branch
    MapId branch;                      // what enters it
    std::vector<int64_t> places = {};  // with ChannelOrder::kKept: where the branch's channels are in the input
  };

  // At stride 1 the channels that pass and those that enter; at stride 2 a projection to `passing` channels, and all.
  static Ways Split(GraphBuilder& graph, const BlockSpec& block, const LayerShape& shape,
                    std::optional<int> stage_place, Channels pass, Channels enter, int passing);

  // Both ways, `y` being what the branch gave; `in_turn`: a channel of each in turn, where their order is not kept.
  static BlockGraph Finish(GraphBuilder graph, const Ways& ways, MapId y, bool in_turn);
};

}  // namespace danas
