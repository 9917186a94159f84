// Howard et al., "MobileNets", 2017, figure 3.
#include "block_form.h"
#include "graph_builder.h"

namespace danas {
namespace {

class DepthwiseSeparable : public BlockForm {
 public:
  BlockGraph Graph(const BlockSpec& block, const LayerShape& shape, std::optional<int>) const override {
    GraphBuilder graph(shape);
    const MapId y = graph.Operator(graph.input(), "op", block.op, shape.stride, block.activation);
    return std::move(graph).Finish(graph.Pointwise(y, "conv", shape.out, block.activation));
  }
};

}  // namespace

const BlockForm& DepthwiseSeparableForm() {
  static const DepthwiseSeparable form;
  return form;
}

}  // namespace danas
