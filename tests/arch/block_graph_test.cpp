#include "danas/arch/block_graph.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "danas/arch/channel_order.h"
#include "danas/core/random.h"

namespace danas {
namespace {

class BlockDraw {
 public:
  explicit BlockDraw(uint64_t seed) : random_(seed, "blocks") {}

  BlockSpec Block() {
    constexpr size_t kKinds = EnumNames<BlockKind>::kNames.size();
    return Canonical({.kind = static_cast<BlockKind>(random_.UniformInt(kKinds)),
                      .op = {static_cast<OperatorKind>(random_.UniformInt(2)), Pick({1, 2, 3, 3, 5, 7, 9})},
                      .activation = static_cast<Activation>(random_.UniformInt(4)),
                      .expand = std::vector<double>{0.3, 1, 1.19, 3, 6}[random_.UniformInt(5)],
                      .squeeze_excite = random_.UniformInt(2) == 0,
                      .fused = random_.UniformInt(2) == 0,
                      .groups = Pick({1, 2, 3, 4}),
                      .dense_entry = random_.UniformInt(2) == 0,
                      .reduction = Pick({1, 2, 4}),
                      .project = random_.UniformInt(2) == 0});
  }

  LayerShape Shape() {
    const int in = Pick({1, 3, 8, 12, 16, 24, 48}), out = random_.UniformInt(2) == 0 ? in : Pick({8, 24, 32, 48, 96});
    return {in, out, Pick({1, 1, 2, 2, 3}), {Pick({1, 5, 8, 13}), Pick({1, 4, 7, 14})}};
  }

 private:
  int Pick(const std::vector<int>& from) { return from[random_.UniformInt(from.size())]; }

  RandomStream random_;
};

// What each step reads is there, and fits.
void ExpectFits(const BlockGraph& graph, size_t i) {
  const Step& step = graph.steps[i];
  for (const MapId input : step.inputs) ASSERT_LE(input, i);
  const MapShape& x = graph.shape(step.inputs.at(0));
  if (const auto* convolution = std::get_if<ConvolutionStep>(&step.operation)) {
    EXPECT_EQ(step.output, (MapShape{convolution->out, Downsampled(x.size, convolution->stride)}));
    EXPECT_EQ(x.channels % convolution->groups, 0);
    EXPECT_EQ(convolution->out % convolution->groups, 0);
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
  BlockDraw draw(1);
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
      const bool convolves = std::holds_alternative<ConvolutionStep>(graph.steps[step].operation);
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
  BlockDraw draw(2);
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
