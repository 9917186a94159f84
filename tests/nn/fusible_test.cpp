// Which graphs the fused kernels compute, as a whole or in parts.
#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "danas/nn/fused_layer.h"
#include "src/arch/blocks/graph_builder.h"
#include "tests/arch/arch_support.h"
#include "tests/arch/block_draw.h"
#include "tests/arch/own_block.h"

namespace danas {
namespace {

constexpr LayerShape kKeeps{8, 8, 1, {6, 5}};
constexpr LayerShape kHalves{8, 12, 2, {6, 5}};
constexpr std::optional<Activation> kNoActivation;

// An inverted residual, and what may be different about it.
struct Parts {
  bool expands = true;
  std::optional<Activation> expanded = Activation::kRelu, filtered = Activation::kRelu6, projected = kNoActivation;
  ConvolutionStep filter = {.kernel = 3};
  bool biased = false;
  bool adds = false;
};

MapId AppendChain(GraphBuilder& graph, MapId x, const Parts& parts, int out) {
  MapId y = x;
  const int middle = parts.expands ? 24 : graph.shape(x).channels;
  if (parts.expands) y = graph.Convolve(y, "a", {.out = middle, .bias = parts.biased}, parts.expanded);
  ConvolutionStep filter = parts.filter;
  filter.out = filter.groups = middle;
  y = graph.Convolve(y, "b", filter, parts.filtered);
  return graph.Convolve(y, "c", {.out = out}, parts.projected);
}

BlockGraph Inverted(const Parts& parts, const LayerShape& shape) {
  GraphBuilder graph(shape);
  MapId y = AppendChain(graph, graph.input(), parts, shape.out);
  if (parts.adds) y = graph.Add(graph.input(), y);
  return std::move(graph).Finish(y);
}

void ExpectWhole(const Parts& parts, const LayerShape& shape = kKeeps) {
  const BlockGraph graph = Inverted(parts, shape);
  EXPECT_TRUE(IsFusible(graph, shape.stride));
  EXPECT_FALSE(IsFusibleInParts(graph, shape.stride));
}

void ExpectParts(const Parts& parts, const LayerShape& shape = kKeeps) {
  const BlockGraph graph = Inverted(parts, shape);
  EXPECT_FALSE(IsFusible(graph, shape.stride));
  EXPECT_TRUE(IsFusibleInParts(graph, shape.stride));
}

void ExpectNone(const Parts& parts, const LayerShape& shape = kKeeps) {
  const BlockGraph graph = Inverted(parts, shape);
  EXPECT_FALSE(IsFusible(graph, shape.stride));
  EXPECT_FALSE(IsFusibleInParts(graph, shape.stride));
}

TEST(Fusible, OneChain) {
  ExpectWhole({});
  ExpectWhole({.adds = true});
  ExpectWhole({.expands = false});
  ExpectWhole({.expanded = kNoActivation, .filtered = kNoActivation});
  for (const int kernel : {3, 5, 7}) {
    ExpectWhole({.filter = {.kernel = kernel}});
    ExpectWhole({.filter = {.kernel = kernel, .stride = 2}}, kHalves);
  }
}

TEST(Fusible, WhatKernelsDoNotCompute) {
  for (const int kernel : {1, 9}) ExpectNone({.filter = {.kernel = kernel}});
  ExpectNone({.filter = {.kernel = 3, .stride = 3}}, {8, 12, 3, {6, 5}});
  ExpectNone({.filtered = Activation::kHardSwish});
  ExpectNone({.projected = Activation::kGelu});
  ExpectNone({.filter = {.kernel = 3, .norm = false, .bias = true}});
  ExpectNone({.filter = {.kernel = 3, .bias = true}});
}

// A layer sums its candidates: an activation at the end of one does not apply to the sum.
TEST(Fusible, InPartsWhereAnActivationEndsTheChain) {
  ExpectParts({.projected = Activation::kRelu});
  ExpectParts({.expands = false, .projected = Activation::kRelu6});
}

// Of a chain of three, the last two.
TEST(Fusible, WhatIsLeftOfAChain) {
  ExpectParts({.expanded = Activation::kSwish});
  ExpectParts({.biased = true});
}

TEST(Fusible, SamePaddingWhereItIsSymmetric) {
  ExpectWhole({.filter = {.kernel = 5, .padding = Padding::kSame}});
  ExpectNone({.filter = {.kernel = 5, .stride = 2, .padding = Padding::kSame}}, kHalves);
  ExpectNone({.filter = {.kernel = 4, .padding = Padding::kSame}});
  ExpectNone({.filter = {.kernel = 2, .stride = 2, .padding = Padding::kSame}}, kHalves);
}

// One node computes a layer's candidates, with one stride. Of one pixel a block may leave it out.
TEST(Fusible, AtTheStrideOfTheLayer) {
  const LayerShape pixel{8, 8, 2, {1, 1}};
  ExpectParts({}, pixel);
  ExpectParts({.filter = {.kernel = 3, .stride = 2}, .adds = true}, pixel);
  ExpectWhole({.filter = {.kernel = 3, .stride = 2}}, pixel);
  EXPECT_FALSE(IsFusible(GraphBuilder(pixel).Finish(0), 2));
  EXPECT_TRUE(IsFusible(GraphBuilder(kKeeps).Finish(0), 1));
}

TEST(Fusible, AChainAmongOtherSteps) {
  const auto expect_parts = [](GraphBuilder& graph, MapId result) {
    const BlockGraph finished = std::move(graph).Finish(result);
    EXPECT_FALSE(IsFusible(finished, 1));
    EXPECT_TRUE(IsFusibleInParts(finished, 1));
  };
  GraphBuilder activated(kKeeps);
  expect_parts(activated, activated.Activate(activated.Add(AppendChain(activated, 0, {}, 8), 0), Activation::kRelu));
  GraphBuilder doubled(kKeeps);
  const MapId y = AppendChain(doubled, 0, {}, 8);
  expect_parts(doubled, doubled.Add(y, y));
  GraphBuilder behind(kKeeps);
  expect_parts(behind, AppendChain(behind, behind.Norm(0, "norm", {}), {}, 8));
  GraphBuilder two(kKeeps);
  expect_parts(two, AppendChain(two, AppendChain(two, 0, {}, 16), {}, 8));
}

// A map that a step outside the chain reads must be there.
TEST(Fusible, NoChainWhoseMapsAreReadByOthers) {
  GraphBuilder graph(kKeeps);
  const MapId a = graph.Pointwise(0, "a", 8, Activation::kRelu);
  const MapId b = graph.Operator(a, "b", {OperatorKind::kDepthwise, 3}, 1, Activation::kRelu);
  const MapId c = graph.Pointwise(b, "c", 8, kNoActivation);
  const BlockGraph finished = std::move(graph).Finish(graph.Add(c, b));
  EXPECT_FALSE(IsFusible(finished, 1) || IsFusibleInParts(finished, 1));
}

// Of the shipped kinds, drawn at random: which of them the kernels compute as a whole, in parts, and never.
TEST(Fusible, ShippedBlocks) {
  const std::set<BlockKind> whole = {BlockKind::kInvertedResidual, BlockKind::kIdentity};
  const std::set<BlockKind> in_parts = {BlockKind::kShuffleA,  BlockKind::kShuffleX, BlockKind::kShuffleV1,
                                        BlockKind::kShuffleV2, BlockKind::kResidual, BlockKind::kDepthwiseSeparable};
  test::BlockDraw draw(4);
  std::set<BlockKind> found_whole, found_parts;
  for (int i = 0; i < 40000 && !testing::Test::HasFailure(); ++i) {
    const BlockSpec block = draw.Block();
    const LayerShape shape = draw.Shape();
    if (!WhyInvalid(block, shape).empty()) continue;
    SCOPED_TRACE(CandidateName(block));
    const bool as_whole = IsFusible(block, shape), parts = IsFusibleInParts(block, shape);
    EXPECT_FALSE(as_whole && parts);
    EXPECT_FALSE((as_whole || parts) && block.squeeze_excite && block.kind == BlockKind::kInvertedResidual);
    if (as_whole) found_whole.insert(block.kind);
    if (parts) found_parts.insert(block.kind);
  }
  EXPECT_EQ(found_whole, whole);
  EXPECT_EQ(found_parts, in_parts);
}

TEST(Fusible, BlocksOfASpaceFile) {
  const std::string text = R"(
parameters: {act: relu}
steps:
  - {step: convolution, name: filter, kernel: 3, stride: stride, groups: channels, activation: act}
  - {step: convolution, name: narrow, channels: out}
  - {step: add, from: [narrow, input], when: in == out and stride == 1}
)";
  const BlockSpec whole = test::OwnBlock(text), parts = test::OwnBlock(text + "  - {step: activation, kind: relu}\n");
  BlockSpec none = whole;
  none.defined.values[0] = Activation::kHardSwish;
  for (const LayerShape& shape : {kKeeps, kHalves}) {
    EXPECT_TRUE(IsFusible(whole, shape));
    EXPECT_FALSE(IsFusibleInParts(whole, shape));
    EXPECT_FALSE(IsFusible(parts, shape));  // it ends in an activation
    EXPECT_TRUE(IsFusibleInParts(parts, shape));
    EXPECT_FALSE(IsFusible(none, shape) || IsFusibleInParts(none, shape));
  }
}

}  // namespace
}  // namespace danas
