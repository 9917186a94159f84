// Ma et al., "ShuffleNet V2", ECCV 2018, figure 3.
#include <utility>

#include "splitting.h"

namespace danas {
namespace {

class ShuffleV2 : public SplittingForm {
 public:
  BlockGraph Graph(const BlockSpec& block, const LayerShape& shape, std::optional<int> stage_place) const override {
    GraphBuilder graph(shape);
    const int half = shape.out / 2;
    const Ways ways = Split(graph, block, shape, stage_place, Channels::kFirstHalf, Channels::kSecondHalf, half);
    MapId y = graph.Pointwise(ways.branch, "expand", half, block.activation);
    y = graph.Operator(y, "op", block.op, shape.stride, std::nullopt);
    y = graph.Pointwise(y, "project", half, block.activation);
    return Finish(std::move(graph), ways, y, /*in_turn=*/true);
  }
};

}  // namespace

const BlockForm& ShuffleV2Form() {
  static const ShuffleV2 form;
  return form;
}

}  // namespace danas
