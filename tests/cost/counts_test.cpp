// Steps that no shipped block has, counted by hand.
#include "src/cost/counts.h"

#include <gtest/gtest.h>

#include <utility>

#include "src/arch/blocks/graph_builder.h"

namespace danas {
namespace {

const LayerShape kShape{8, 12, 1, {5, 3}};

Counts OfOne(MapId (*append)(GraphBuilder& graph)) {
  GraphBuilder graph(kShape);
  const MapId y = append(graph);
  return CountsOf(std::move(graph).Finish(y));
}

// Each weight is used at every pixel of the input, whatever the stride; in the other count at every one of the output.
TEST(Counts, Deconvolution) {
  EXPECT_EQ(OfOne([](GraphBuilder& graph) {
              return graph.Deconvolve(graph.input(), "up", {.out = 12, .kernel = 4, .stride = 2});
            }),
            (Counts{.macs = 8 * 12 * 16 * 15, .macs_at_output = 8 * 12 * 16 * 60, .parameters = 8 * 12 * 16 + 2 * 12}));
  EXPECT_EQ(
      OfOne([](GraphBuilder& graph) {
        return graph.Deconvolve(graph.input(), "up",
                                {.out = 12, .kernel = 3, .stride = 3, .groups = 4, .norm = false, .bias = true});
      }),
      (Counts{.macs = 8 * 12 / 4 * 9 * 15, .macs_at_output = 8 * 12 / 4 * 9 * 135, .parameters = 8 * 12 / 4 * 9 + 12}));
}

// Padding adds no weights; the output counts.
TEST(Counts, Convolution) {
  for (const Padding padding : {Padding::kSymmetric, Padding::kSame}) {
    GraphBuilder graph(kShape);
    const ConvolutionStep step{.out = 12, .kernel = 3, .stride = 2, .groups = 2, .padding = padding};
    const MapId y = graph.Convolve(graph.input(), "op", step);
    EXPECT_EQ(CountsOf(std::move(graph).Finish(y)), (Counts{.macs = 8 / 2 * 12 * 9 * 6,
                                                            .macs_at_output = 8 / 2 * 12 * 9 * 6,
                                                            .parameters = 8 / 2 * 12 * 9 + 2 * 12}));
  }
}

TEST(Counts, NormsAndScales) {
  for (const NormKind kind : {NormKind::kBatch, NormKind::kLayer}) {
    GraphBuilder graph(kShape);
    const MapId y = graph.Norm(graph.input(), "norm", {.norm = kind});
    EXPECT_EQ(CountsOf(std::move(graph).Finish(y)), (Counts{.macs = 0, .parameters = 16}));
  }
  EXPECT_EQ(OfOne([](GraphBuilder& graph) { return graph.Scale(graph.input(), "scale", {}); }),
            (Counts{.macs = 0, .parameters = 8}));
}

// ConvNeXt's block of 8 channels on 5 x 3.
TEST(Counts, ConvNext) {
  GraphBuilder graph(kShape);
  const ConvolutionStep depthwise{.out = 8, .kernel = 7, .groups = 8, .norm = false, .bias = true};
  MapId y = graph.Norm(graph.Convolve(graph.input(), "depthwise", depthwise), "norm", {.norm = NormKind::kLayer});
  y = graph.Convolve(y, "wide", {.out = 32, .norm = false, .bias = true}, Activation::kGelu);
  y = graph.Scale(graph.Convolve(y, "narrow", {.out = 8, .norm = false, .bias = true}), "scale", {.initial = 1e-6});
  y = graph.Add(y, graph.input());
  EXPECT_EQ(CountsOf(std::move(graph).Finish(y)),
            (Counts{.macs = (8 * 49 + 2 * 8 * 32) * 15,
                    .macs_at_output = (8 * 49 + 2 * 8 * 32) * 15,
                    .parameters = 8 * 49 + 8 + 16 + 8 * 32 + 32 + 32 * 8 + 8 + 8}));
}

}  // namespace
}  // namespace danas
