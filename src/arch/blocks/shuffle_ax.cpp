// The choice blocks of Guo et al., "Single Path One-Shot NAS", ECCV 2020, section 4; names are of its public code.
#include <utility>

#include "splitting.h"

namespace danas {
namespace {

// The next block's split into even and odd channels is what mixes the two ways; where the order of channels is kept,
// its split into others than this one's.
class Shuffle : public SplittingForm {
 public:
  BlockGraph Graph(const BlockSpec& block, const LayerShape& shape, std::optional<int> stage_place) const override {
    GraphBuilder graph(shape);
    graph.PutWeightsFirst("branch");  // as files have them, though the way beside it is computed first
    const Ways ways = Split(graph, block, shape, stage_place, Channels::kEven, Channels::kOdd, shape.in);
    const int entering = shape.stride == 1 ? shape.in / 2 : shape.in;
    const MapId y = Branch(graph, ways.branch, block, shape, shape.out - entering);
    return Finish(std::move(graph), ways, y, /*in_turn=*/false);
  }

 private:
  virtual MapId Branch(GraphBuilder& graph, MapId y, const BlockSpec& block, const LayerShape& shape,
                       int leaving) const = 0;
};

class ShuffleA : public Shuffle {
  MapId Branch(GraphBuilder& graph, MapId y, const BlockSpec& block, const LayerShape& shape,
               int leaving) const override {
    y = graph.Pointwise(y, "branch.expand", shape.out / 2, block.activation);
    y = graph.Operator(y, "branch.op", block.op, shape.stride, std::nullopt);
    return graph.Pointwise(y, "branch.project", leaving, block.activation);
  }
};

class ShuffleX : public Shuffle {
  MapId Branch(GraphBuilder& graph, MapId y, const BlockSpec& block, const LayerShape& shape,
               int leaving) const override {
    y = graph.Operator(y, "branch.op1", block.op, shape.stride, std::nullopt);
    y = graph.Pointwise(y, "branch.conv1", shape.out / 2, block.activation);
    y = graph.Operator(y, "branch.op2", block.op, 1, std::nullopt);
    y = graph.Pointwise(y, "branch.conv2", shape.out / 2, block.activation);
    y = graph.Operator(y, "branch.op3", block.op, 1, std::nullopt);
    return graph.Pointwise(y, "branch.conv3", leaving, block.activation);
  }
};

}  // namespace

const BlockForm& ShuffleAForm() {
  static const ShuffleA form;
  return form;
}

const BlockForm& ShuffleXForm() {
  static const ShuffleX form;
  return form;
}

}  // namespace danas
