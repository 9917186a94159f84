// A recomputed layer gives the same bits as one that keeps everything, and moves running statistics once.
#include "danas/nn/recompute.h"

#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>

#include <memory>

#include "danas/nn/mixed_layer.h"
#include "tests/nn/nn_support.h"

namespace danas {
namespace {

LayerSpec MixedKinds() {
  return {.shape = {.in = 8, .out = 8, .stride = 1, .input = {6, 5}},
          .candidates = {{.op = {.kernel = 3}, .expand = 3},
                         {.op = {.kernel = 5}, .expand = 2, .squeeze_excite = true},
                         {.kind = BlockKind::kShuffleA, .op = {.kernel = 3}, .activation = Activation::kRelu},
                         {.kind = BlockKind::kIdentity}}};
}

struct Step {
  std::vector<at::Tensor> results;  // output, gradients, running statistics
};

struct Computed {
  std::optional<size_t> path = {};
  std::vector<size_t> subset = {};
};

Step RunStep(RecomputeKind recompute, KernelChoice kernels, at::ScalarType type, const Computed& computed) {
  const auto layer = std::make_shared<MixedLayer>(MixedKinds(), NormSpec{}, true,
                                                  NnConfig{.kernels = kernels, .recompute = recompute});
  test::RandomiseState(*layer, 3);
  layer->to(type);
  const at::Tensor x = test::RandomImages({4, 8, 6, 5}, 4, type).requires_grad_(true);
  const at::Tensor p = at::softmax(test::RandomTensor({4}, 5), 0).to(type).detach().requires_grad_(true);
  const at::Tensor y = layer->forward(x, {.probability_c = p, .path = computed.path, .subset = computed.subset});
  y.backward(test::RandomImages({4, 8, 6, 5}, 6, type));
  Step step{{y.detach(), x.grad(), p.grad()}};
  for (const at::Tensor& parameter : layer->parameters()) {
    step.results.push_back(parameter.grad().defined() ? parameter.grad() : at::zeros({1}, type));
  }
  for (const at::Tensor& buffer : layer->buffers()) step.results.push_back(buffer);
  return step;
}

TEST(Recompute, GivesTheSameBits) {
  for (const KernelChoice kernels : {KernelChoice::kAten, KernelChoice::kAuto}) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
      for (const Computed& computed :
           std::vector<Computed>{{}, {.path = 1}, {.subset = {0, 3}}, {.subset = {0, 2}}, {.subset = {1, 2}}}) {
        const Step kept = RunStep(RecomputeKind::kNone, kernels, type, computed);
        const Step again = RunStep(RecomputeKind::kLayer, kernels, type, computed);
        ASSERT_EQ(kept.results.size(), again.results.size());
        for (size_t i = 0; i < kept.results.size(); ++i) {
          SCOPED_TRACE(i);
          test::ExpectSameBits(again.results[i], kept.results[i]);
        }
      }
    }
  }
}

// The architecture pass of a layer that pruning has left one candidate: weights are fixed, and the output does not
// depend on the probability.
TEST(Recompute, OfALayerThatNothingIsLearntIn) {
  LayerSpec one = MixedKinds();
  one.candidates.resize(1);
  const auto layer = std::make_shared<MixedLayer>(one, NormSpec{}, true, NnConfig{.recompute = RecomputeKind::kLayer});
  test::RandomiseState(*layer, 3);
  for (at::Tensor& parameter : layer->parameters()) parameter.requires_grad_(false);
  const at::Tensor p = at::ones({1}).requires_grad_(true), scale = at::ones({}).requires_grad_(true);
  const at::Tensor y = layer->forward(test::RandomImages({4, 8, 6, 5}, 4), {.probability_c = p});
  (y.sum() * scale).backward();
  EXPECT_FALSE(p.grad().defined());
  EXPECT_EQ(scale.grad().item<float>(), y.sum().item<float>());
}

TEST(Recompute, ComputesTheFunctionTwiceAndKeepsNothing) {
  const auto module = std::make_shared<Convolution>(ConvolutionShape{.in = 2, .out = 2});
  test::RandomiseState(*module, 1);
  int calls = 0;
  const at::Tensor x = test::RandomImages({1, 2, 3, 3}, 2).requires_grad_(true);
  const at::Tensor y = Recomputed(*module, {x}, [&](const std::vector<at::Tensor>& inputs) {
    ++calls;
    return module->forward(inputs[0]);
  });
  EXPECT_EQ(calls, 1);
  y.sum().backward();
  EXPECT_EQ(calls, 2);
  EXPECT_TRUE(x.grad().defined());
  EXPECT_TRUE(module->weight.grad().defined());
}

TEST(Recompute, WorksUnderAutocast) {
  const auto module = std::make_shared<Convolution>(ConvolutionShape{.in = 2, .out = 2});
  test::RandomiseState(*module, 1);
  const at::Tensor x = test::RandomImages({1, 2, 3, 3}, 2).requires_grad_(true);
  std::vector<at::ScalarType> types;
  at::autocast::set_autocast_enabled(at::kCPU, true);
  const at::Tensor y = Recomputed(*module, {x}, [&](const std::vector<at::Tensor>& inputs) {
    const at::Tensor result = module->forward(inputs[0]);
    types.push_back(result.scalar_type());
    return result;
  });
  at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(at::kCPU, false);
  y.sum().backward();
  EXPECT_EQ(types, (std::vector<at::ScalarType>{at::kBFloat16, at::kBFloat16}));
  EXPECT_FALSE(at::autocast::is_autocast_enabled(at::kCPU));
}

}  // namespace
}  // namespace danas
