#include "src/cost/graph_folds.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "danas/core/random.h"
#include "danas/cost/cost_model.h"

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

TEST(GraphFolds, EqualTheOldCosts) {
  BlockDraw draw(1);
  const auto memory = MakeMemoryModel();
  std::map<BlockKind, int> seen;
  for (int i = 0; i < 40000; ++i) {
    const BlockSpec block = draw.Block();
    const LayerShape shape = draw.Shape();
    if (!WhyInvalid(block, shape).empty()) continue;
    ++seen[block.kind];
    const BlockGraph graph = GraphOf(block, shape);
    double macs = 0, parameters = 0;
    for (const Convolution& convolution : BlockConvolutions(block, shape)) {
      macs += convolution.macs(), parameters += convolution.parameters();
    }
    for (const Convolution& convolution : ConvolutionsOf(graph)) {
      macs -= convolution.macs(), parameters -= convolution.parameters();
    }
    ASSERT_EQ(macs, 0) << CandidateName(block);
    ASSERT_EQ(parameters, 0) << CandidateName(block);
    ASSERT_EQ(4 * PeakElements(graph), memory->Block(block, shape)) << CandidateName(block);
    ASSERT_EQ(graph.shape(graph.result), (MapShape{shape.out, shape.output()})) << CandidateName(block);
    if (shape.stride == 1 && shape.in == shape.out) {
      const BlockGraph kept = GraphOf(block, shape, 2);
      ASSERT_EQ(4 * PeakElements(kept), memory->Block(block, shape)) << CandidateName(block);
    }
  }
  EXPECT_EQ(seen.size(), EnumNames<BlockKind>::kNames.size());
  for (const auto& [kind, count] : seen) EXPECT_GT(count, 200) << NameOf(kind);
}

}  // namespace
}  // namespace danas
