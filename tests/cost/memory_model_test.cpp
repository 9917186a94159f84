// Peaks of activations, counted by hand in elements. `in` is 8 channels of 8 x 6 = 384 elements; at stride 2 a channel
// has 4 x 3 = 12. Each line of a comment is a step: what is held of the input and other branches, what the step reads,
// and what it writes.
#include "src/cost/memory_model.h"

#include <gtest/gtest.h>

#include "danas/arch/zoo.h"
#include "danas/config/search_config.h"
#include "danas/core/error.h"
#include "danas/cost/cost_model.h"
#include "src/arch/blocks/graph_builder.h"
#include "tests/arch/arch_support.h"
#include "tests/cost/cost_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

const LayerShape kKeeps{8, 8, 1, {8, 6}};
const LayerShape kWidens{8, 12, 1, {8, 6}};
const LayerShape kHalves{8, 12, 2, {8, 6}};

double PeakElements(const BlockSpec& block, const LayerShape& shape) {
  EXPECT_EQ(WhyInvalid(block, shape), "");
  return MakeMemoryModel()->Block(block, shape) / 4;
}

BlockSpec Of(BlockKind kind) { return {.kind = kind, .op = {OperatorKind::kDepthwise, 3}}; }
BlockSpec Dense(BlockKind kind) { return {.kind = kind, .op = {OperatorKind::kNormal, 3}}; }

TEST(MemoryModel, InvertedResidual) {
  // 384 + 1152; 1152 + 288; 288 + 144
  EXPECT_EQ(PeakElements(Ir(3, 3), kHalves), 384 + 1152);
  // 384 + 1152; 384 | 1152 + 1152; 384 | 1152 + 384; 384 + 384, in place
  EXPECT_EQ(PeakElements(Ir(3, 3), kKeeps), 384 + 1152 + 1152);
  EXPECT_EQ(PeakElements(Ir(3, 7), kKeeps), 384 + 1152 + 1152) << "the kernel takes no part";
  // Nothing is added: 384 + 1152; 1152 + 1152; 1152 + 576
  EXPECT_EQ(PeakElements(Ir(3, 3), kWidens), 1152 + 1152);
  // Without expansion, 384 + 384; 384 | 384 + 384; 384 + 384
  EXPECT_EQ(PeakElements(Ir(1, 3), kKeeps), 3 * 384);
  // 384 + 384; 384 + 576
  EXPECT_EQ(PeakElements(Ir(1, 3), kWidens), 384 + 576);
}

TEST(MemoryModel, FusedInvertedResidual) {
  BlockSpec block = Ir(3, 3);
  block.fused = true;
  block.op.kind = OperatorKind::kNormal;
  // 384 + 1152; 384 | 1152 + 384; 384 + 384
  EXPECT_EQ(PeakElements(block, kKeeps), 384 + 1152 + 384);
  // 384 + 288; 288 + 144
  EXPECT_EQ(PeakElements(block, kHalves), 384 + 288);
}

TEST(MemoryModel, SqueezeAndExcite) {
  BlockSpec block = Ir(3, 3);
  block.squeeze_excite = true;
  EXPECT_EQ(PeakElements(block, kKeeps), 384 + 1152 + 1152) << "its vectors are less than the map beside them";
  // On one pixel: 8 + 24; 24 + 24; pooling 24 + 24; 24 | 24 + 8; 24 | 8 + 24; the product 24 + 24, in place; 24 + 4
  EXPECT_EQ(PeakElements(block, {8, 4, 1, {1, 1}}), 24 + 24 + 8);
}

TEST(MemoryModel, ShuffleA) {
  // The input stays for the channels that pass: 384 + 192; 384 | 192 + 192; 384 | 192 + 192; all: 384 + 192 + 384
  EXPECT_EQ(PeakElements(ShuffleA(3), kKeeps), 384 + 192 + 384);
  // The projection: 384 + 96; 384 | 96 + 96. The branch, beside its 96: 96 | 384 + 288; 96 | 288 + 72; 96 | 72 + 48;
  // all: 96 + 48 + 144
  EXPECT_EQ(PeakElements(ShuffleA(3), kHalves), 96 + 384 + 288);
}

TEST(MemoryModel, ShuffleX) {
  // 384 + 192; five times 384 | 192 + 192; all: 384 + 192 + 384
  EXPECT_EQ(PeakElements(Of(BlockKind::kShuffleX), kKeeps), 384 + 192 + 384);
  // The projection: 384 + 96; 384 | 96 + 96. The branch: 96 | 384 + 96; 96 | 96 + 72; 96 | 72 + 72 ...
  EXPECT_EQ(PeakElements(Of(BlockKind::kShuffleX), kHalves), 384 + 96 + 96);
}

TEST(MemoryModel, ShuffleV1) {
  // 16 channels, 768: 768 + 192; 768 | 192 + 192; 768 | 192 + 768; the sum 768 + 768, in place
  EXPECT_EQ(PeakElements(ShuffleV1(2), {16, 16, 1, {8, 6}}), 768 + 192 + 768);
  // The input stays for the average: 384 + 288; 384 | 288 + 72; 384 | 72 + 192; 192 | 384 + 96; all: 96 + 192 + 288
  EXPECT_EQ(PeakElements(ShuffleV1(2), {8, 24, 2, {8, 6}}), 384 + 288 + 72);
}

TEST(MemoryModel, ShuffleV2) {
  // 384 + 192; 384 | 192 + 192; 384 | 192 + 192; all: 384 + 192 + 384
  EXPECT_EQ(PeakElements(Of(BlockKind::kShuffleV2), kKeeps), 384 + 192 + 384);
  // The projection: 384 + 96; 384 | 96 + 72. The branch: 72 | 384 + 288; 72 | 288 + 72; 72 | 72 + 72; all: 144 + 144
  EXPECT_EQ(PeakElements(Of(BlockKind::kShuffleV2), kHalves), 72 + 384 + 288);
}

TEST(MemoryModel, Residual) {
  // 384 + 192; 384 | 192 + 192; 384 | 192 + 384; 384 + 384, in place
  EXPECT_EQ(PeakElements(Of(BlockKind::kResidual), kKeeps), 384 + 192 + 384);
  // 384 + 288; 384 | 288 + 72; 384 | 72 + 144; the shortcut 144 | 384 + 144; 144 + 144
  EXPECT_EQ(PeakElements(Of(BlockKind::kResidual), kHalves), 384 + 288 + 72);
}

TEST(MemoryModel, Basic) {
  // 384 + 384; 384 | 384 + 384; 384 + 384, in place
  EXPECT_EQ(PeakElements(Dense(BlockKind::kBasic), kKeeps), 3 * 384);
  // 384 + 144; 384 | 144 + 144; the shortcut 144 | 384 + 144; 144 + 144
  EXPECT_EQ(PeakElements(Dense(BlockKind::kBasic), kHalves), 384 + 144 + 144);
}

TEST(MemoryModel, DepthwiseSeparable) {
  // 384 + 384; 384 + 576
  EXPECT_EQ(PeakElements(Of(BlockKind::kDepthwiseSeparable), kWidens), 384 + 576);
  // 384 + 96; 96 + 144
  EXPECT_EQ(PeakElements(Of(BlockKind::kDepthwiseSeparable), kHalves), 384 + 96);
}

TEST(MemoryModel, BlocksOfOneStep) {
  EXPECT_EQ(PeakElements(Dense(BlockKind::kConvolution), kHalves), 384 + 144);
  EXPECT_EQ(PeakElements(MaxPool(2), {8, 8, 2, {8, 6}}), 384 + 96);
  EXPECT_EQ(PeakElements(Identity(true), kHalves), 384 + 144);
  EXPECT_EQ(PeakElements(Identity(), kKeeps), 384) << "no step; its input is there";
}

// ConvNeXt's: depthwise; layer norm; 1x1 to 32; gelu; 1x1 back; scale; the input is added.
TEST(MemoryModel, NormsAndScalesWriteOverWhatTheyRead) {
  GraphBuilder graph(kKeeps);
  const ConvolutionStep depthwise{.out = 8, .kernel = 7, .groups = 8, .norm = false, .bias = true};
  MapId y = graph.Norm(graph.Convolve(graph.input(), "depthwise", depthwise), "norm", {.norm = NormKind::kLayer});
  y = graph.Convolve(y, "wide", {.out = 32, .norm = false, .bias = true}, Activation::kGelu);
  y = graph.Scale(graph.Convolve(y, "narrow", {.out = 8, .norm = false, .bias = true}), "scale", {});
  // 384 + 384; in place; 384 | 384 + 1536; in place; 384 | 1536 + 384; in place twice
  EXPECT_EQ(ElementsAtPeak(std::move(graph).Finish(graph.Add(y, graph.input()))), 384 + 384 + 1536);
}

TEST(MemoryModel, NormsAndScalesSpareWhatIsReadAgain) {
  for (const bool norm : {false, true}) {
    GraphBuilder graph(kKeeps);
    const MapId y = norm ? graph.Norm(graph.input(), "y", {}) : graph.Scale(graph.input(), "y", {});
    // 384 + 384; 384 + 384, in place
    EXPECT_EQ(ElementsAtPeak(std::move(graph).Finish(graph.Add(graph.input(), y))), 2 * 384);
  }
}

TEST(MemoryModel, DeconvolutionsGrow) {
  GraphBuilder graph(kHalves);
  MapId y = graph.Pointwise(graph.input(), "half", 12, std::nullopt, 2);
  y = graph.Deconvolve(y, "double", {.out = 10}, Activation::kRelu);
  y = graph.Pointwise(y, "out", 12, std::nullopt, 2);
  // 384 + 144; 144 + 480, in place; 480 + 144
  EXPECT_EQ(ElementsAtPeak(std::move(graph).Finish(y)), 480 + 144);
}

// Stem 3x3, 3 -> 8 from 16 x 12; head 1x1 12 -> 20 on 4 x 3, pooling, classifier 20 -> 5.
TEST(MemoryModel, StemAndHeadByHand) {
  const SearchSpace space = SmallSpace();
  EXPECT_EQ(MakeMemoryModel()->Stem(space), 4 * (3 * 192 + 384));
  EXPECT_EQ(MakeMemoryModel()->Head(space), 4 * (144 + 240));
  EXPECT_EQ(MakeCostTable(*MakeMemoryModel(), space).fixed, 4 * (3 * 192 + 384));
  SpaceParts parts = SmallParts();
  parts.head = {.channels = 0, .pool = 2, .hidden = {300, 200}};
  // 144 + 48; 48 + 300; 300 + 200; 200 + 5
  EXPECT_EQ(MakeMemoryModel()->Head(SearchSpace(parts)), 4 * (300 + 200));
  parts.stem = {.channels = 0, .stride = 1};
  parts.layers = {{{3, 12, 2, {16, 12}}, {Dense(BlockKind::kConvolution)}}};
  EXPECT_EQ(MakeMemoryModel()->Stem(SearchSpace(parts)), 4 * 3 * 192) << "the image itself";
}

// The greatest of the parts, and no sum: the first candidate's peak of the first layer is below the stem's.
TEST(MemoryModel, OfANetworkIsTheGreatestOfItsParts) {
  const SearchSpace space = SmallSpace();
  const CostTable table = MakeCostTable(*MakeMemoryModel(), space);
  EXPECT_EQ(table.unit, "bytes");
  EXPECT_EQ(table.fold, CostFold::kMax);
  // ir_e1_k3 1152 of layer 0; shuffle_a_k3 768 of layer 1; shuffle_a_k5 of layer 2: 144 + 72 + 144
  EXPECT_EQ(table.OfNetwork({0, 1, 0}), 4 * 1152);
  EXPECT_EQ(CountMemoryBytes(space.Select({0, 1, 0})), 4 * 1152);
  // The stem: 960. ir_e6_k3 of layer 1: 384 + 2304; 2304 + 576
  EXPECT_EQ(table.OfNetwork({2, 1, 0}), 4 * 960);
  EXPECT_EQ(table.OfNetwork({2, 0, 0}), 4 * (2304 + 576));
  ForEachNetwork(table, [&](const std::vector<size_t>& choice) {
    EXPECT_EQ(table.OfNetwork(choice), static_cast<double>(CountMemoryBytes(space.Select(choice))));
  });
}

// At 224 x 224, in float32.
TEST(MemoryModel, PublishedNetworks) {
  // The first depthwise of 96 channels, from 112 x 112 to 56 x 56: with a quarter of its input it gives more than the
  // 16 channels that the expansion before it reads.
  EXPECT_EQ(CountMemoryBytes(MakeZooNetwork("mobilenetv2")), 96 * (112 * 112 + 56 * 56) * 4);
  // The second convolution, 64 -> 64 at 224 x 224.
  EXPECT_EQ(CountMemoryBytes(MakeZooNetwork("vgg16")), 224 * 224 * (64 + 64) * 4);
  // The bottlenecks of 256 channels at 56 x 56: input, 64 channels between, output.
  EXPECT_EQ(CountMemoryBytes(MakeZooNetwork("resnet50")), 56 * 56 * (256 + 64 + 256) * 4);
}

TEST(MemoryModel, IsChosenByTheConfig) {
  SearchConfig config;
  config.cost = CostKind::kMemory;
  EXPECT_EQ(MakeCostModel(config)->unit(), "bytes");
  EXPECT_EQ(MakeCostModel(config)->fold(), CostFold::kMax);
}

// Maps at the largest sizes that a space may have stay exact.
TEST(MemoryModel, LargeMapsDoNotOverflow) {
  const BlockSpec block{.op = {OperatorKind::kNormal, 3}, .expand = 1};
  EXPECT_EQ(MakeMemoryModel()->Block(block, {4096, 4096, 1, {1024, 1024}}), 3 * 4.0 * 4096 * 1024 * 1024);
}

}  // namespace
}  // namespace danas::test
