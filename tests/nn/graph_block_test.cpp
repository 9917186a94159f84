// Graphs that no shipped block has.
#include "src/nn/graph_block.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "danas/nn/convolution.h"
#include "src/arch/blocks/graph_builder.h"
#include "tests/nn/nn_support.h"
#include "tests/support/torch_support.h"

namespace danas {
namespace {

constexpr LayerShape kShape{4, 4, 1, {4, 3}};
const std::optional<Activation> kNoActivation;

class GraphBlocks : public ::testing::Test {
 protected:
  using Build = std::function<MapId(GraphBuilder& graph)>;
  using Formula = std::function<at::Tensor(const at::Tensor& x)>;

  // What the block computes, and its gradient, against the same of its modules by hand.
  void ExpectComputes(const Build& build, const Formula& formula) {
    GraphBuilder builder(kShape);
    const MapId result = build(builder);
    block_ = std::make_shared<GraphBlock>(std::move(builder).Finish(result), NormSpec{}, /*affine=*/true,
                                          KernelChoice::kAten, /*whole=*/false);
    block_->to(at::kDouble);
    test::RandomiseState(*block_, 3);
    for (const at::MemoryFormat layout : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
      const at::Tensor x = test::RandomTensor({2, 4, 4, 3}, 7, at::kDouble).contiguous(layout);
      test::ExpectClose(block_->forward(x), formula(x), 1e-12);
      test::ExpectGradientsMatch([&](const std::vector<at::Tensor>& inputs) { return block_->forward(inputs[0]); },
                                 {x});
    }
  }

  at::Tensor Convolved(const std::string& name, const at::Tensor& x) {
    return std::dynamic_pointer_cast<ConvNorm>(block_->named_children()[name])->forward(x);
  }

  std::shared_ptr<GraphBlock> block_;
};

TEST_F(GraphBlocks, SumsOverwriteNothingThatAGradientNeeds) {
  ExpectComputes(
      [](GraphBuilder& graph) {
        const MapId a = graph.Pointwise(graph.input(), "a", 4, Activation::kRelu);
        return graph.Add(a, graph.Pointwise(graph.input(), "b", 4, Activation::kSwish));
      },
      [&](const at::Tensor& x) { return Convolved("a", x) + Convolved("b", x); });
}

TEST_F(GraphBlocks, SumsOverwriteNothingThatIsReadAgain) {
  ExpectComputes(
      [](GraphBuilder& graph) {
        const MapId a = graph.Pointwise(graph.input(), "a", 4, kNoActivation);
        return graph.Join({a, graph.Add(a, graph.input()), graph.Add(graph.input(), graph.input())});
      },
      [&](const at::Tensor& x) {
        const at::Tensor a = Convolved("a", x);
        return at::cat({a, a + x, x + x}, 1);
      });
}

TEST_F(GraphBlocks, SumsAreTheSameEitherWayRound) {
  ExpectComputes(
      [](GraphBuilder& graph) {
        const MapId y = graph.Add(graph.input(), graph.Pointwise(graph.input(), "a", 4, kNoActivation));
        return graph.Activate(y, Activation::kHardSwish);
      },
      [&](const at::Tensor& x) { return at::hardswish(x + Convolved("a", x)); });
}

TEST_F(GraphBlocks, AnActivatedConvolutionMayBeReadBefore) {
  ExpectComputes(
      [](GraphBuilder& graph) {
        const MapId a = graph.Pointwise(graph.input(), "a", 4, kNoActivation);
        return graph.Join({graph.Activate(a, Activation::kRelu), a});
      },
      [&](const at::Tensor& x) {
        const at::Tensor a = Convolved("a", x);
        return at::cat({at::relu(a), a}, 1);
      });
}

TEST_F(GraphBlocks, OneHalfAlone) {
  for (const Channels which : {Channels::kFirstHalf, Channels::kSecondHalf, Channels::kEven, Channels::kOdd}) {
    ExpectComputes(
        [&](GraphBuilder& graph) { return graph.Pointwise(graph.Take(graph.input(), {which}), "a", 4, kNoActivation); },
        [&](const at::Tensor& x) {
          const bool in_turn = which == Channels::kEven || which == Channels::kOdd;
          const int64_t begin = which == Channels::kOdd ? 1 : which == Channels::kSecondHalf ? 2 : 0;
          const at::Tensor half = in_turn ? x.slice(1, begin, 4, 2) : x.slice(1, begin, begin + 2);
          return Convolved("a", half);
        });
  }
}

// The same half twice, and both kinds of halves of one map.
TEST_F(GraphBlocks, HalvesOfOneMap) {
  ExpectComputes(
      [](GraphBuilder& graph) {
        const MapId x = graph.input();
        return graph.Join({graph.Take(x, {Channels::kOdd}), graph.Take(x, {Channels::kFirstHalf}),
                           graph.Take(x, {Channels::kOdd}), graph.Take(x, {Channels::kSecondHalf})});
      },
      [](const at::Tensor& x) {
        const at::Tensor odd = x.slice(1, 1, 4, 2);
        return at::cat({odd, x.slice(1, 0, 2), odd, x.slice(1, 2, 4)}, 1);
      });
}

TEST_F(GraphBlocks, ThreeMapsInTurn) {
  ExpectComputes(
      [](GraphBuilder& graph) {
        const MapId a = graph.Pointwise(graph.input(), "a", 4, kNoActivation);
        return graph.Join({graph.input(), a, graph.Pointwise(graph.input(), "b", 4, kNoActivation)}, /*in_turn=*/true);
      },
      [&](const at::Tensor& x) {
        return at::stack({x, Convolved("a", x), Convolved("b", x)}, 2).flatten(1, 2);
      });
}

TEST_F(GraphBlocks, GatesAndPools) {
  ExpectComputes(
      [](GraphBuilder& graph) {
        const MapId gate = graph.Activate(graph.Pointwise(graph.input(), "a", 4, kNoActivation), Activation::kSigmoid);
        const MapId y = graph.Multiply(graph.input(), gate);
        return graph.Multiply(graph.Pooled(y, {.pool = Pool::kAverage, .kernel = 2, .stride = 2}),
                              graph.GlobalAverage(y));
      },
      [&](const at::Tensor& x) {
        const at::Tensor y = x * Convolved("a", x);  // the module has the sigmoid behind its norm
        // The last column's windows have one column.
        const at::Tensor left = y.slice(3, 0, 2).unflatten(2, {2, 2}).mean({3, 4}, false).unsqueeze(3);
        const at::Tensor right = y.slice(3, 2, 3).unflatten(2, {2, 2}).mean(3);
        return at::cat({left, right}, 3) * y.mean({2, 3}, true);
      });
}

}  // namespace
}  // namespace danas
