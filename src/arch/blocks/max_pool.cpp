#include "block_form.h"
#include "graph_builder.h"

namespace danas {
namespace {

class MaxPool : public BlockForm {
 public:
  BlockGraph Graph(const BlockSpec& block, const LayerShape& shape, std::optional<int>) const override {
    GraphBuilder graph(shape);
    return std::move(graph).Finish(
        graph.Pooled(graph.input(), {.pool = Pool::kMax, .kernel = block.op.kernel, .stride = shape.stride}));
  }

  // Of the operator only the kernel counts.
  BlockSpec Canonical(const BlockSpec& block) const override {
    return {.kind = block.kind, .op = {.kernel = block.op.kernel}, .activation = default_activation()};
  }

  std::string WhyInvalid(const BlockSpec& block, const LayerShape& shape) const override {
    if (shape.in != shape.out) return "pooling keeps the number of channels";
    if (block.op.kernel % 2 != 0 || block.op.kernel == shape.stride) return "";
    return "pooling with an even kernel needs a stride of the same size";
  }

  bool has_activation() const override { return false; }
  bool takes_even_kernels() const override { return true; }

 private:
  std::vector<OperatorSpec> ReadOperators(const Node& entry) const override {
    std::vector<OperatorSpec> operators;
    for (const int kernel : OneOrMore<int>(entry.Key("kernel"))) operators.push_back({.kernel = kernel});
    return operators;
  }
  void WriteOperator(const BlockSpec& block, Json& entry) const override { entry["kernel"] = block.op.kernel; }
};

}  // namespace

const BlockForm& MaxPoolForm() {
  static const MaxPool form;
  return form;
}

}  // namespace danas
