// He et al., "Deep Residual Learning for Image Recognition", CVPR 2016: the block of ResNet-18 and -34.
#include "block_form.h"
#include "shortcut.h"

namespace danas {
namespace {

class Basic : public BlockForm {
 public:
  BlockGraph Graph(const BlockSpec& block, const LayerShape& shape, std::optional<int>) const override {
    GraphBuilder graph(shape);
    const int kernel = block.op.kernel;
    MapId y = graph.Convolve(graph.input(), "first", {.out = shape.out, .kernel = kernel, .stride = shape.stride},
                             block.activation);
    y = graph.Convolve(y, "second", {.out = shape.out, .kernel = kernel});
    return std::move(graph).Finish(graph.Activate(AddShortcut(graph, y, shape), block.activation));
  }

  std::string WhyMalformed(const BlockSpec& block) const override { return WhyNotDense(block, "this"); }
};

}  // namespace

const BlockForm& BasicForm() {
  static const Basic form;
  return form;
}

}  // namespace danas
