// Xiao et al., "Simple Baselines for Human Pose Estimation and Tracking", ECCV 2018.
#include "block_form.h"
#include "graph_builder.h"

namespace danas {
namespace {

class PlainDeconvolution : public BlockForm {
 public:
  BlockGraph Graph(const BlockSpec& block, const LayerShape& shape, std::optional<int>) const override {
    GraphBuilder graph(shape);
    const DeconvolutionStep step{
        .out = shape.out, .kernel = block.op.kernel, .stride = shape.upsample, .groups = block.groups};
    return std::move(graph).Finish(graph.Deconvolve(graph.input(), "deconv", step, block.activation));
  }

  std::string Name(const BlockSpec& block) const override { return "deconvolution_g" + std::to_string(block.groups); }

  // Of the operator only the kernel counts.
  BlockSpec Canonical(const BlockSpec& block) const override {
    return {
        .kind = block.kind, .op = {.kernel = block.op.kernel}, .activation = block.activation, .groups = block.groups};
  }

  std::string WhyMalformed(const BlockSpec& block) const override {
    return block.groups < 1 ? "groups " + std::to_string(block.groups) + " is below 1" : "";
  }

  std::string WhyInvalid(const BlockSpec& block, const LayerShape& shape) const override {
    if (shape.upsample == 1) return "a deconvolution enlarges, and this layer has no \"upsample\"";
    if (block.op.kernel < shape.upsample) {
      return "kernel " + std::to_string(block.op.kernel) + " is below the layer's upsample, so that pixels would be " +
             "left out";
    }
    for (const auto& [what, channels] : {std::pair{"input", shape.in}, {"output", shape.out}}) {
      if (channels % block.groups == 0) continue;
      return std::to_string(channels) + " " + what + " channels are not a multiple of " + std::to_string(block.groups) +
             " groups";
    }
    return "";
  }

  bool takes_even_kernels() const override { return true; }
  bool enlarges() const override { return true; }

 private:
  std::vector<BlockSpec> ReadOwn(const Node& entry, const BlockSpec& block) const override {
    std::vector<BlockSpec> blocks;
    const auto groups = entry.Find("groups");
    for (const int count : groups ? OneOrMore<int>(*groups) : std::vector<int>{1}) {
      blocks.push_back(block);
      blocks.back().groups = count;
    }
    return blocks;
  }
  void WriteOwn(const BlockSpec& block, Json& entry) const override { entry["groups"] = block.groups; }

  std::vector<OperatorSpec> ReadOperators(const Node& entry) const override {
    std::vector<OperatorSpec> operators;
    const auto kernels = entry.Find("kernel");
    for (const int kernel : kernels ? OneOrMore<int>(*kernels) : std::vector<int>{4}) {
      operators.push_back({.kernel = kernel});
    }
    return operators;
  }
  void WriteOperator(const BlockSpec& block, Json& entry) const override { entry["kernel"] = block.op.kernel; }
};

}  // namespace

const BlockForm& DeconvolutionForm() {
  static const PlainDeconvolution form;
  return form;
}

}  // namespace danas
