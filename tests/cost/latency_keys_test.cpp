#include "src/cost/latency_keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "src/arch/blocks/graph_builder.h"
#include "tests/arch/arch_support.h"
#include "tests/arch/block_draw.h"
#include "tests/arch/own_block.h"

namespace danas::test {
namespace {

// The key by the fields of a shipped block.
std::string KeyByFields(const BlockSpec& block, const LayerShape& shape) {
  if (block.kind == BlockKind::kIdentity && KeepsShape(shape)) return "";
  const auto map = [](Size size, int channels) {
    return std::to_string(size.height) + "x" + std::to_string(size.width) + "x" + std::to_string(channels);
  };
  const std::string maps = "-input:" + map(shape.input, shape.in) + "-output:" + map(shape.output(), shape.out);
  const std::string stride = "-stride:" + std::to_string(shape.stride);
  const bool in_layout = block.kind == BlockKind::kInvertedResidual && !block.fused &&
                         block.op.kind == OperatorKind::kDepthwise && block.activation == Activation::kRelu6 &&
                         block.expand == static_cast<int>(block.expand);
  if (!in_layout) return CandidateName(block) + maps + stride;
  return "expanded_conv" + maps + "-expand:" + std::to_string(static_cast<int>(block.expand)) +
         "-kernel:" + std::to_string(block.op.kernel) + stride + "-idskip:" + (KeepsShape(shape) ? "1" : "0") +
         (block.squeeze_excite ? "-se:1" : "");
}

TEST(LatencyKeys, OfShippedBlocksAreThoseOfTheirFields) {
  BlockDraw draw(3);
  int in_layout = 0, squeezed = 0, others = 0, none = 0;
  for (int i = 0; i < 200000 && !testing::Test::HasFailure(); ++i) {
    const BlockSpec block = draw.Block();
    const LayerShape shape = draw.Shape();
    if (!WhyInvalid(block, shape).empty()) continue;
    const std::string key = BlockKey(block, shape);
    EXPECT_EQ(key, KeyByFields(block, shape));
    (key.empty() ? none : key.starts_with("expanded_conv") ? in_layout : others) += 1;
    squeezed += key.ends_with("-se:1") ? 1 : 0;
  }
  for (const int count : {in_layout, squeezed, others, none}) EXPECT_GT(count, 100);
}

// Where the same is computed, too.
TEST(LatencyKeys, OfShippedBlocksThatRoundAreTheirNames) {
  const auto key = [](const BlockSpec& block, const LayerShape& shape) {
    EXPECT_TRUE(ExpandedConvOf(GraphOf(block, shape), shape)) << CandidateName(block);
    EXPECT_EQ(BlockKey(block, shape), KeyByFields(block, shape));
    return BlockKey(block, shape);
  };
  EXPECT_TRUE(key(Ir(2.99, 3), {8, 12, 1, {8, 6}}).starts_with("ir_e2p99_k3-input:8x6x8"));
  EXPECT_TRUE(key({.op = {OperatorKind::kNormal, 3}}, {1, 12, 2, {8, 6}}).starts_with("ir_e1_n3-input:8x6x1"));
  EXPECT_TRUE(key(Ir(1, 3), {1, 12, 2, {8, 6}}).starts_with("expanded_conv-input:8x6x1"));
}

TEST(LatencyKeys, OfBlocksOfASpaceFile) {
  const BlockSpec own = OwnBlock(R"(
parameters: {expand: {default: 3, label: e}, kernel: 5, act: relu6}
steps:
  - {step: convolution, name: widen, channels: in * expand, activation: act, when: expand != 1}
  - {step: convolution, name: filter, kernel: kernel, stride: stride, groups: channels, activation: act}
  - {step: convolution, name: narrow, channels: out}
  - {step: add, from: [narrow, input], when: in == out and stride == 1}
)");
  for (const LayerShape& shape : {LayerShape{8, 8, 1, {8, 6}}, LayerShape{8, 12, 2, {8, 6}}}) {
    EXPECT_EQ(BlockKey(own, shape), BlockKey(Ir(3, 5), shape));
    for (const double expand : {1.0, 6.0}) {
      BlockSpec other = own;
      other.defined.values[0] = expand;
      EXPECT_EQ(BlockKey(other, shape), BlockKey(Ir(expand, 5), shape));
    }
  }
  BlockSpec swish = own;
  swish.defined.values[2] = Activation::kSwish;
  EXPECT_EQ(BlockKey(swish, {8, 12, 2, {8, 6}}), CandidateName(swish) + "-input:8x6x8-output:4x3x12-stride:2");
  const BlockSpec nothing = OwnBlock("steps: [{step: pool, kind: max, when: stride == 2}]");
  EXPECT_EQ(BlockKey(nothing, {8, 8, 1, {8, 6}}), "");
  EXPECT_EQ(BlockKey(nothing, {8, 8, 2, {8, 6}}), CandidateName(nothing) + "-input:8x6x8-output:4x3x8-stride:2");
}

// An inverted residual by hand, and what may be different about it.
struct Parts {
  int middle = 24;
  bool expands = true;
  ConvolutionStep depthwise = {.kernel = 5};
  std::optional<Activation> expanded = Activation::kRelu6, activation = Activation::kRelu6, projected = std::nullopt;
  int squeezed = 0;
  Activation gate = Activation::kSigmoid;
  bool project_norm = true;
  bool adds = true;
  bool input_first = false;
};

std::optional<BlockSpec> Recognised(const Parts& parts, const LayerShape& shape) {
  GraphBuilder graph(shape);
  MapId y = graph.input();
  if (parts.expands) y = graph.Convolve(y, "widen", {.out = parts.middle}, parts.expanded);
  ConvolutionStep depthwise = parts.depthwise;
  depthwise.out = depthwise.groups = parts.expands ? parts.middle : shape.in;
  y = graph.Convolve(y, "filter", depthwise, parts.activation);
  if (parts.squeezed > 0) y = graph.SqueezeExcite(y, "gate", parts.squeezed, Activation::kRelu, parts.gate);
  y = graph.Convolve(y, "narrow", {.out = shape.out, .norm = parts.project_norm, .bias = !parts.project_norm},
                     parts.projected);
  if (parts.adds) y = parts.input_first ? graph.Add(graph.input(), y) : graph.Add(y, graph.input());
  return ExpandedConvOf(std::move(graph).Finish(y), shape);
}

const LayerShape kKeeps{8, 8, 1, {8, 6}};
const LayerShape kHalves{8, 12, 2, {8, 6}};

TEST(LatencyKeys, FindInvertedResidualsInGraphs) {
  EXPECT_EQ(Recognised({}, kKeeps), Ir(3, 5));
  EXPECT_EQ(Recognised({.expands = false}, kKeeps), Ir(1, 5));
  EXPECT_EQ(Recognised({.input_first = true}, kKeeps), Ir(3, 5));
  EXPECT_EQ(Recognised({.depthwise = {.kernel = 3, .stride = 2}, .adds = false}, kHalves), Ir(3, 3));
  BlockSpec squeezed = Ir(3, 5);
  squeezed.squeeze_excite = true;
  EXPECT_EQ(Recognised({.squeezed = 8}, kKeeps), squeezed);
  // The same zeros on both sides.
  EXPECT_EQ(Recognised({.depthwise = {.kernel = 5, .padding = Padding::kSame}}, kKeeps), Ir(3, 5));
}

TEST(LatencyKeys, FindNothingElseInGraphs) {
  const auto nothing = [](const Parts& parts, const LayerShape& shape) {
    return Recognised(parts, shape) == std::nullopt;
  };
  EXPECT_TRUE(nothing({.middle = 20}, kKeeps)) << "2.5 times as many channels";
  EXPECT_TRUE(nothing({.middle = 8}, kKeeps)) << "an expansion by 1 is none";
  EXPECT_TRUE(nothing({.middle = 8 * 65}, kKeeps)) << "more than inverted residuals may have";
  EXPECT_TRUE(nothing({.adds = false}, kKeeps)) << "inverted residuals add their input there";
  EXPECT_TRUE(nothing({.expanded = Activation::kRelu}, kKeeps));
  EXPECT_TRUE(nothing({.activation = Activation::kHardSwish}, kKeeps));
  EXPECT_TRUE(nothing({.activation = std::nullopt}, kKeeps));
  EXPECT_TRUE(nothing({.projected = Activation::kRelu6}, kKeeps));
  EXPECT_TRUE(nothing({.project_norm = false}, kKeeps));
  EXPECT_TRUE(nothing({.depthwise = {.kernel = 5, .bias = true}}, kKeeps));
  EXPECT_TRUE(nothing({.depthwise = {.kernel = 4, .padding = Padding::kSame}}, kKeeps));
  EXPECT_TRUE(nothing({.depthwise = {.kernel = 3, .stride = 2, .padding = Padding::kSame}, .adds = false}, kHalves));
  EXPECT_TRUE(nothing({.depthwise = {.kernel = 3}, .adds = false}, {8, 8, 2, {1, 1}})) << "its stride is 1";
  EXPECT_TRUE(nothing({.squeezed = 4}, kKeeps)) << "inverted residuals squeeze to 8";
  EXPECT_TRUE(nothing({.squeezed = 8, .gate = Activation::kHardSigmoid}, kKeeps));
}

TEST(LatencyKeys, FindNothingInGraphsOfOtherSteps) {
  GraphBuilder graph(kKeeps);
  const auto nothing = [&](MapId result) {
    return ExpandedConvOf(GraphBuilder(graph).Finish(result), kKeeps) == std::nullopt;
  };
  EXPECT_TRUE(nothing(graph.input()));
  const MapId y = graph.Norm(graph.Pointwise(graph.input(), "a", 8, Activation::kRelu6), "norm", {});
  EXPECT_TRUE(nothing(graph.Add(y, graph.input())));
  EXPECT_TRUE(nothing(graph.Deconvolve(y, "b", {.out = 8, .kernel = 1, .stride = 1})));
  EXPECT_TRUE(nothing(graph.Pooled(y, {.pool = Pool::kAverage, .kernel = 3, .stride = 1})));
}

}  // namespace
}  // namespace danas::test
