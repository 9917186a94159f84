#include "splitting.h"

#include <utility>

#include "danas/arch/channel_order.h"

namespace danas {

SplittingForm::Ways SplittingForm::Split(GraphBuilder& graph, const BlockSpec& block, const LayerShape& shape,
                                         std::optional<int> stage_place, Channels pass, Channels enter, int passing) {
  const MapId x = graph.input();
  if (shape.stride > 1) {
    const OperatorSpec depthwise{OperatorKind::kDepthwise, block.op.kernel};
    const MapId y = graph.Operator(x, "shortcut_op", depthwise, shape.stride, std::nullopt);
    return {.pass = graph.Pointwise(y, "shortcut_conv", passing, block.activation), .branch = x};
  }
  if (!stage_place) return {.pass = graph.Take(x, {pass}), .branch = graph.Take(x, {enter})};
  const std::vector<int64_t> places = BranchChannels(block.kind, shape.in, *stage_place);
  return {.pass = x, .branch = graph.Take(x, {Channels::kListed, places}), .places = places};
}

BlockGraph SplittingForm::Finish(GraphBuilder graph, const Ways& ways, MapId y, bool in_turn) {
  const MapId both = ways.places.empty() ? graph.Join({ways.pass, y}, in_turn) : graph.Put(ways.pass, y, ways.places);
  return std::move(graph).Finish(both);
}

std::string WhyInvalidShuffle(const LayerShape& shape) {
  if (shape.stride > 2) return "a shuffle block has stride 1 or 2";
  if (shape.out % 2 != 0) return "a shuffle block needs an even number of output channels";
  if (shape.stride == 1 && shape.in != shape.out) return "a shuffle block of stride 1 needs in = out";
  if (shape.stride == 2 && shape.out <= shape.in) return "a shuffle block of stride 2 needs out > in";
  return "";
}

}  // namespace danas
