#include "danas/arch/block_graph.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "danas/arch/channel_order.h"
#include "tests/arch/block_draw.h"

namespace danas {
namespace {

// What each step reads is there, and fits.
void ExpectFits(const BlockGraph& graph, size_t i) {
  const Step& step = graph.steps[i];
  for (const MapId input : step.inputs) ASSERT_LE(input, i);
  const MapShape& x = graph.shape(step.inputs.at(0));
  if (const auto* convolution = std::get_if<ConvolutionStep>(&step.operation)) {
    EXPECT_EQ(step.output, (MapShape{convolution->out, Downsampled(x.size, convolution->stride)}));
    EXPECT_EQ(x.channels % convolution->groups, 0);
    EXPECT_EQ(convolution->out % convolution->groups, 0);
  } else if (const auto* deconvolution = std::get_if<DeconvolutionStep>(&step.operation)) {
    const int stride = deconvolution->stride;
    EXPECT_EQ(step.output, (MapShape{deconvolution->out, {x.size.height * stride, x.size.width * stride}}));
    EXPECT_EQ(x.channels % deconvolution->groups, 0);
    EXPECT_EQ(deconvolution->out % deconvolution->groups, 0);
  } else if (std::holds_alternative<AddStep>(step.operation)) {
    EXPECT_EQ(x, graph.shape(step.inputs.at(1)));
  } else if (std::holds_alternative<MultiplyStep>(step.operation)) {
    EXPECT_EQ(graph.shape(step.inputs.at(1)), (MapShape{x.channels, {1, 1}}));
  } else if (std::holds_alternative<JoinStep>(step.operation)) {
    int channels = 0;
    for (const MapId input : step.inputs) {
      channels += graph.shape(input).channels;
      EXPECT_EQ(graph.shape(input).size, x.size);
    }
    EXPECT_EQ(step.output, (MapShape{channels, x.size}));
  } else if (const auto* put = std::get_if<PutStep>(&step.operation)) {
    EXPECT_EQ(graph.shape(step.inputs.at(1)), (MapShape{static_cast<int>(put->places.size()), x.size}));
  }
}

TEST(BlockGraph, FitsWhereverItsBlockMayStand) {
  test::BlockDraw draw(1);
  std::map<BlockKind, int> seen;
  for (int i = 0; i < 40000 && !testing::Test::HasFailure(); ++i) {
    const BlockSpec block = draw.Block();
    const LayerShape shape = draw.Shape();
    if (!WhyInvalid(block, shape).empty()) continue;
    SCOPED_TRACE(CandidateName(block));
    ++seen[block.kind];
    const BlockGraph graph = GraphOf(block, shape);
    EXPECT_EQ(graph.shape(graph.result), (MapShape{shape.out, shape.output()}));
    std::set<std::string> names;
    for (size_t step = 0; step < graph.steps.size(); ++step) {
      ExpectFits(graph, step);
      const Operation& operation = graph.steps[step].operation;
      const bool convolves =
          std::holds_alternative<ConvolutionStep>(operation) || std::holds_alternative<DeconvolutionStep>(operation);
      EXPECT_EQ(graph.steps[step].name.empty(), !convolves);
      if (!convolves) continue;
      EXPECT_TRUE(names.insert(graph.steps[step].name).second) << graph.steps[step].name;
    }
  }
  EXPECT_EQ(seen.size(), EnumNames<BlockKind>::kNames.size());
  for (const auto& [kind, count] : seen) EXPECT_GT(count, 200) << NameOf(kind);
}

// Only where channels are taken from and put differs, and only in blocks that shuffle them.
TEST(BlockGraph, OfAKeptOrderHasTheSameConvolutions) {
  test::BlockDraw draw(2);
  for (int i = 0; i < 4000 && !testing::Test::HasFailure(); ++i) {
    const BlockSpec block = draw.Block();
    const LayerShape shape{24, 24, 1, {5, 7}};
    if (!WhyInvalid(block, shape).empty()) continue;
    SCOPED_TRACE(CandidateName(block));
    const BlockGraph shuffled = GraphOf(block, shape), kept = GraphOf(block, shape, 3);
    EXPECT_EQ(shuffled == kept, !ShufflesChannels(block.kind));
    const auto convolutions = [](const BlockGraph& graph) {
      std::vector<std::pair<std::string, ConvolutionStep>> list;
      for (const Step& step : graph.steps) {
        if (const auto* convolution = std::get_if<ConvolutionStep>(&step.operation)) {
          list.emplace_back(step.name, *convolution);
        }
      }
      return list;
    };
    EXPECT_EQ(convolutions(shuffled), convolutions(kept));
  }
}

}  // namespace
}  // namespace danas
