// Simonyan and Zisserman, "Very Deep Convolutional Networks", ICLR 2015.
#include "block_form.h"
#include "graph_builder.h"

namespace danas {
namespace {

class PlainConvolution : public BlockForm {
 public:
  BlockGraph Graph(const BlockSpec& block, const LayerShape& shape, std::optional<int>) const override {
    GraphBuilder graph(shape);
    const ConvolutionStep step{
        .out = shape.out, .kernel = block.op.kernel, .stride = shape.stride, .norm = false, .bias = true};
    return std::move(graph).Finish(graph.Convolve(graph.input(), "conv", step, block.activation));
  }

  std::string WhyMalformed(const BlockSpec& block) const override { return WhyNotDense(block, "this"); }
};

}  // namespace

const BlockForm& ConvolutionForm() {
  static const PlainConvolution form;
  return form;
}

}  // namespace danas
