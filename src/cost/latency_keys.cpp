#include "latency_keys.h"

#include <algorithm>

namespace danas {
namespace {

std::string MapText(Size size, int channels) {
  return std::to_string(size.height) + "x" + std::to_string(size.width) + "x" + std::to_string(channels);
}

std::string KeyOf(const std::string& kind, Size input, int in, const std::string& output) {
  return kind + "-input:" + MapText(input, in) + "-output:" + output;
}

// Equal for graphs that differ in nothing but names, the order of a sum, or two words for one padding.
BlockGraph Plain(BlockGraph graph) {
  graph.weights_first.clear();
  for (Step& step : graph.steps) {
    step.name.clear();
    if (std::holds_alternative<AddStep>(step.operation)) std::ranges::sort(step.inputs);
    auto* convolution = std::get_if<ConvolutionStep>(&step.operation);
    if (convolution && convolution->kernel % 2 == 1 && convolution->stride == 1) {
      convolution->padding = Padding::kSymmetric;
    }
  }
  return graph;
}

std::string ExpandedConvKey(const BlockSpec& block, const LayerShape& shape, const std::string& maps) {
  return maps + "-expand:" + std::to_string(static_cast<int>(block.expand)) +
         "-kernel:" + std::to_string(block.op.kernel) + "-stride:" + std::to_string(shape.stride) +
         "-idskip:" + (KeepsShape(shape) ? "1" : "0") + (block.squeeze_excite ? "-se:1" : "");
}

}  // namespace

std::optional<BlockSpec> ExpandedConvOf(const BlockGraph& graph, const LayerShape& shape) {
  std::vector<ConvolutionStep> normed;  // expand, depthwise, project
  BlockSpec block{.activation = Activation::kRelu6};
  for (const Step& step : graph.steps) {
    const auto* convolution = std::get_if<ConvolutionStep>(&step.operation);
    if (convolution && convolution->norm) normed.push_back(*convolution);
    block.squeeze_excite |= std::holds_alternative<GlobalAverageStep>(step.operation);
  }
  const bool expands = normed.size() == 3;
  if (!expands && normed.size() != 2) return std::nullopt;
  if (expands) block.expand = static_cast<double>(normed[0].out) / shape.in;
  block.op.kernel = normed[normed.size() - 2].kernel;
  const bool in_layout = block.expand == static_cast<int>(block.expand) && WhyInvalid(block, shape).empty() &&
                         Plain(graph) == Plain(GraphOf(block, shape));
  return in_layout ? std::optional(block) : std::nullopt;
}

std::string BlockKey(const BlockSpec& block, const LayerShape& shape) {
  const BlockGraph graph = GraphOf(block, shape);
  if (graph.steps.empty()) return "";
  const std::string output = MapText(shape.output(), shape.out);
  const std::optional<BlockSpec> layout = ExpandedConvOf(graph, shape);
  // A shipped block that computes the same otherwise has its own key: a normal operator on one channel, or an expand
  // of 2.99 on 8.
  if (layout && (block.kind == BlockKind::kDefined || Canonical(block) == *layout)) {
    return ExpandedConvKey(*layout, shape, KeyOf("expanded_conv", shape.input, shape.in, output));
  }
  return KeyOf(CandidateName(block), shape.input, shape.in, output) + "-stride:" + std::to_string(shape.stride);
}

std::string StemKey(const SearchSpace& space) {
  const StemSpec& stem = space.stem();
  if (stem.channels == 0) return "";
  return KeyOf("Conv", space.input(), space.input_channels(),
               MapText(Downsampled(space.input(), stem.stride), stem.channels));
}

std::vector<std::string> HeadKeys(const SearchSpace& space) {
  const Size size = space.feature_size();
  const int channels = space.head_channels();
  if (space.has_heat_maps()) return {KeyOf("HeatMaps", size, channels, MapText(size, space.classes()))};
  std::vector<std::string> keys;
  if (space.head().channels > 0) {
    keys.push_back(KeyOf("Conv_1", size, space.feature_channels(), MapText(size, channels)));
  }
  std::string logits = KeyOf("Logits", size, channels, std::to_string(space.classes()));
  if (space.head().pool != 1) logits += "-pool:" + std::to_string(space.head().pool);
  for (const int width : space.head().hidden) logits += "-hidden:" + std::to_string(width);
  keys.push_back(std::move(logits));
  return keys;
}

}  // namespace danas
