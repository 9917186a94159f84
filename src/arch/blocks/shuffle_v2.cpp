// Ma et al., "ShuffleNet V2", ECCV 2018, figure 3.
#include "block_form.h"
#include "splitting.h"

namespace danas {
namespace {

class ShuffleV2 : public BlockForm {
 public:
  BlockGraph Graph(const BlockSpec& block, const LayerShape& shape, std::optional<int> stage_place) const override {
    GraphBuilder graph(shape);
    const int half = shape.out / 2;
    const Ways ways = Split(graph, block, shape, stage_place, Channels::kFirstHalf, Channels::kSecondHalf, half);
    MapId y = graph.Pointwise(ways.branch, "expand", half, block.activation);
    y = graph.Operator(y, "op", block.op, shape.stride, std::nullopt);
    y = graph.Pointwise(y, "project", half, block.activation);
    return std::move(graph).Finish(ways.places.empty() ? graph.Join({ways.pass, y}, /*in_turn=*/true)
                                                       : graph.Put(ways.pass, y, ways.places));
  }

  std::string Name(const BlockSpec& block) const override { return NameOf(block.kind); }
  BlockSpec Canonical(const BlockSpec& block) const override {
    return {.kind = block.kind, .op = block.op, .activation = block.activation};
  }
  std::string WhyInvalid(const BlockSpec&, const LayerShape& shape) const override { return WhyInvalidShuffle(shape); }
  bool shuffles_channels() const override { return true; }
};

}  // namespace

const BlockForm& ShuffleV2Form() {
  static const ShuffleV2 form;
  return form;
}

}  // namespace danas
