// He et al., "Deep Residual Learning for Image Recognition", CVPR 2016: the bottleneck, with any operator.
#include "block_form.h"
#include "shortcut.h"

namespace danas {
namespace {

class Residual : public BlockForm {
 public:
  BlockGraph Graph(const BlockSpec& block, const LayerShape& shape, std::optional<int>) const override {
    GraphBuilder graph(shape);
    MapId y = graph.Pointwise(graph.input(), "reduce", shape.out / block.reduction, block.activation);
    y = graph.Operator(y, "op", block.op, shape.stride, block.activation);
    y = graph.Pointwise(y, "expand", shape.out, std::nullopt);
    return std::move(graph).Finish(graph.Activate(AddShortcut(graph, y, shape), block.activation));
  }

  std::string Name(const BlockSpec& block) const override {
    return block.reduction == BlockSpec().reduction ? "residual" : "residual_r" + std::to_string(block.reduction);
  }

  BlockSpec Canonical(const BlockSpec& block) const override {
    return {.kind = block.kind, .op = block.op, .activation = block.activation, .reduction = block.reduction};
  }

  std::string WhyMalformed(const BlockSpec& block) const override {
    return block.reduction < 1 ? "reduction " + std::to_string(block.reduction) + " is below 1" : "";
  }

  std::string WhyInvalid(const BlockSpec& block, const LayerShape& shape) const override {
    if (shape.out % block.reduction == 0) return "";
    return block.reduction == 2 ? "a residual block needs an even number of output channels"
                                : "its output channels are not a multiple of " + std::to_string(block.reduction);
  }

 private:
  std::vector<BlockSpec> ReadOwn(const Node& entry, const BlockSpec& block) const override {
    BlockSpec own = block;
    own.reduction = entry.KeyOr("reduction", block.reduction);
    return {own};
  }

  void WriteOwn(const BlockSpec& block, Json& entry) const override {
    if (block.reduction != BlockSpec().reduction) entry["reduction"] = block.reduction;
  }
};

}  // namespace

const BlockForm& ResidualForm() {
  static const Residual form;
  return form;
}

}  // namespace danas
