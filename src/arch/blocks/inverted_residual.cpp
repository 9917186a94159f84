// Sandler et al., "MobileNetV2", CVPR 2018, with the names of ProxylessNAS's public code.
#include "block_form.h"
#include "graph_builder.h"

namespace danas {
namespace {

constexpr double kLargestExpand = 64;

class InvertedResidual : public BlockForm {
 public:
  BlockGraph Graph(const BlockSpec& block, const LayerShape& shape, std::optional<int>) const override {
    GraphBuilder graph(shape);
    const int middle = ExpandedChannels(block, shape.in);
    MapId y = graph.input();
    if (block.fused) {
      y = graph.Convolve(y, "op", {.out = middle, .kernel = block.op.kernel, .stride = shape.stride}, block.activation);
    } else {
      if (block.expand != 1) y = graph.Pointwise(y, "expand", middle, block.activation);
      y = graph.Operator(y, "op", block.op, shape.stride, block.activation);
    }
    if (block.squeeze_excite) {
      y = graph.SqueezeExcite(y, "se", SqueezeChannels(shape.in), Activation::kRelu, Activation::kSigmoid);
    }
    y = graph.Pointwise(y, "project", shape.out, std::nullopt);
    if (KeepsShape(shape)) y = graph.Add(y, graph.input());
    return std::move(graph).Finish(y);
  }

  std::string Name(const BlockSpec& block) const override {
    return std::string("ir_") + (block.fused ? "fused_" : "") + (block.squeeze_excite ? "se_" : "") + "e" +
           NumberInName(block.expand);
  }

  BlockSpec Canonical(const BlockSpec& block) const override {
    return {.kind = block.kind,
            .op = block.op,
            .activation = block.activation,
            .expand = block.expand,
            .squeeze_excite = block.squeeze_excite,
            .fused = block.fused};
  }

  std::string WhyMalformed(const BlockSpec& block) const override {
    if (block.fused) {
      if (const std::string why = WhyNotDense(block, "a fused"); !why.empty()) return why;
    }
    if (block.expand > 0 && block.expand <= kLargestExpand) return "";
    return "expand must be above 0 and at most " + NumberInName(kLargestExpand);
  }

  std::string WhyInvalid(const BlockSpec& block, const LayerShape& shape) const override {
    return ExpandedChannels(block, shape.in) < 1 ? "expand * in rounds to 0 channels" : "";
  }

  Activation default_activation() const override { return Activation::kRelu6; }

 private:
  std::vector<BlockSpec> ReadOwn(const Node& entry, const BlockSpec& block) const override {
    std::vector<BlockSpec> blocks;
    for (const double expand : OneOrMore<double>(entry.Key("expand"))) {
      blocks.push_back(block);
      blocks.back().expand = expand;
      blocks.back().squeeze_excite = entry.KeyOr("squeeze_excite", false);
      blocks.back().fused = entry.KeyOr("fused", false);
    }
    return blocks;
  }

  void WriteOwn(const BlockSpec& block, Json& entry) const override {
    entry["expand"] = NumberAsWritten(block.expand);
    if (block.squeeze_excite) entry["squeeze_excite"] = true;
    if (block.fused) entry["fused"] = true;
  }
};

}  // namespace

const BlockForm& InvertedResidualForm() {
  static const InvertedResidual form;
  return form;
}

}  // namespace danas
