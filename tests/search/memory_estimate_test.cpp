// What steps keep for backward, counted by hand: maps of 8 channels of 4 x 3 pixels have 96 elements.
#include "danas/search/memory_estimate.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "danas/arch/heat_map_head.h"
#include "src/arch/blocks/graph_builder.h"
#include "tests/arch/arch_support.h"
#include "tests/arch/own_block.h"

namespace danas {
namespace {

constexpr LayerShape kShape{8, 8, 1, {4, 3}};
constexpr std::optional<Activation> kNoActivation;

CandidateElements Elements(GraphBuilder& graph, MapId result, bool fuses = false) {
  return CountElements(std::move(graph).Finish(result), fuses);
}

TEST(GraphElements, NormsAndScalesKeepTheirInput) {
  GraphBuilder first(kShape);
  EXPECT_EQ(Elements(first, first.Scale(first.Norm(0, "norm", {}), "scale", {})).kept, 96)
      << "the layer holds its input";
  GraphBuilder graph(kShape);
  MapId y = graph.Convolve(0, "wide", {.out = 16, .norm = false});
  y = graph.Norm(y, "norm", {.norm = NormKind::kLayer});
  const CandidateElements elements = Elements(graph, graph.Scale(y, "scale", {}));
  // Mean and deviation of each pixel; the scale's input.
  EXPECT_EQ(elements.kept, 192 + 2 * 12 + 192);
  EXPECT_EQ(elements.widest, 192);
  EXPECT_FALSE(elements.fused);
}

TEST(GraphElements, Activations) {
  const auto kept = [](Activation activation) {
    GraphBuilder graph(kShape);
    MapId y = graph.Convolve(0, "wide", {.out = 16, .norm = false}, activation);
    return Elements(graph, graph.Convolve(y, "narrow", {.out = 8, .norm = false})).kept;
  };
  for (const Activation activation : {Activation::kRelu, Activation::kRelu6, Activation::kSigmoid}) {
    EXPECT_EQ(kept(activation), 192) << NameOf(activation);
  }
  for (const Activation activation :
       {Activation::kHardSwish, Activation::kSwish, Activation::kHardSigmoid, Activation::kGelu}) {
    EXPECT_EQ(kept(activation), 2 * 192) << NameOf(activation);
  }
}

TEST(GraphElements, DeconvolutionsAreConvolutions) {
  for (const bool norm : {false, true}) {
    GraphBuilder graph(kShape);
    MapId y = graph.Pointwise(0, "half", 8, kNoActivation, 2);  // 2 x 2
    y = graph.Deconvolve(y, "double", {.out = 6, .norm = norm}, Activation::kRelu);
    // The first norm's input; the deconvolution's; its norm's; what the activation gives.
    EXPECT_EQ(Elements(graph, y).kept, 32 + 32 + (norm ? 6 * 16 : 0) + 6 * 16);
  }
}

// 1x1 to 16; depthwise; 1x1 back.
MapId AppendChain(GraphBuilder& graph, MapId x, Activation activation) {
  const std::string name = "chain" + std::to_string(x);
  MapId y = graph.Pointwise(x, name + "a", 16, activation);
  y = graph.Operator(y, name + "b", {OperatorKind::kDepthwise, 3}, 1, activation);
  return graph.Pointwise(y, name + "c", 8, kNoActivation);
}

// As the block computes it: what the kernels cannot is kept as ATen does.
TEST(GraphElements, ChainsAreFusedWhereTheyFit) {
  const auto kept = [](const std::vector<Activation>& chains, bool fuses) {
    GraphBuilder graph(kShape);
    MapId y = graph.input();
    for (const Activation activation : chains) y = AppendChain(graph, y, activation);
    return Elements(graph, y, fuses).kept;
  };
  const double fused = 192 + 96;
  const double relu = 2 * (192 + 192) + 96;   // norms' inputs, and what activations give
  const double swish = 3 * (192 + 192) + 96;  // activations' inputs, too
  EXPECT_EQ(kept({Activation::kRelu}, false), relu);
  EXPECT_EQ(kept({Activation::kRelu}, true), fused);
  EXPECT_EQ(kept({Activation::kSwish}, false), swish);
  EXPECT_EQ(kept({Activation::kSwish}, true), swish);
  // The second's input lies between them.
  EXPECT_EQ(kept({Activation::kRelu, Activation::kSwish}, false), relu + 96 + swish);
  EXPECT_EQ(kept({Activation::kRelu, Activation::kSwish}, true), fused + 96 + swish);
  EXPECT_EQ(kept({Activation::kSwish, Activation::kRelu6}, true), swish + 96 + fused);
}

TEST(GraphElements, OfBlocksOfASpaceFile) {
  const std::string chain = R"(steps:
  - {step: convolution, name: filter, kernel: 3, groups: channels, activation: relu}
  - {step: convolution, name: narrow}
)";
  const CandidateElements whole = CountElements(test::OwnBlock(chain), kShape, true);
  EXPECT_TRUE(whole.fused);
  EXPECT_EQ(whole.kept, 2 * 96);
  const CandidateElements aten = CountElements(test::OwnBlock(chain), kShape, false);
  EXPECT_FALSE(aten.fused);
  EXPECT_EQ(aten.kept, 3 * 96);
  // The scale keeps what the chain gives it.
  const CandidateElements parts = CountElements(test::OwnBlock(chain + "  - {step: scale, name: s}\n"), kShape, true);
  EXPECT_FALSE(parts.fused);
  EXPECT_EQ(parts.kept, 3 * 96);
}

SearchSpace HeatMapSpace(int key_points) {
  return WithHeatMapHead(test::SmallSpace(),
                         {.key_points = key_points, .input = {24, 16}, .layers = 2, .channels = 8, .groups = {2, 4}});
}

// Where there are so many that the head holds the most: of each pixel of each map its value, what the loss keeps, and
// its gradient; without a backward pass its value alone.
TEST(PeakElements, HeatMapsAreKeptByTheLoss) {
  const SearchSpace many = HeatMapSpace(3000), more = HeatMapSpace(3001);
  const std::vector<double> one_l(many.layers().size(), 1.0);
  EXPECT_EQ(PeakElements(more, one_l, false, {}) - PeakElements(many, one_l, false, {}), 3 * 24 * 16);
  EXPECT_EQ(ScoringElements(more, one_l, false, {}) - ScoringElements(many, one_l, false, {}), 24 * 16);
  EXPECT_EQ(ScoringElements(many, one_l, false, {}), (8 + 3000) * 24 * 16);
}

// Of a layer that enlarges the output counts, 2 x 2 times the pixels.
TEST(GraphElements, OfADeconvolutionLayer) {
  const BlockSpec block{.kind = BlockKind::kDeconvolution, .op = {.kernel = 4}, .activation = Activation::kRelu};
  // The norm's input, and what the activation gives.
  EXPECT_EQ(CountElements(block, {8, 6, 1, {4, 3}, 2}, true).kept, 2 * 6 * 48);
  EXPECT_FALSE(CountElements(block, {8, 6, 1, {4, 3}, 2}, true).fused);
}

}  // namespace
}  // namespace danas
