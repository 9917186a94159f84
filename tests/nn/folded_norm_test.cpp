// In inference a convolution and its norm are computed as one convolution (nn/convolution.h).
#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <memory>
#include <optional>
#include <vector>

#include "danas/nn/block.h"
#include "danas/nn/convolution.h"
#include "danas/nn/norm.h"
#include "tests/nn/nn_support.h"

namespace danas {
namespace {

using test::ExpectClose;
using test::ExpectSameBits;
using test::RandomImages;
using test::RandomiseState;

constexpr NormSpec kSpec{.momentum = 0.1, .epsilon = 1e-3};

std::shared_ptr<ConvNorm> MakeConvNorm(const ConvolutionShape& shape, std::optional<Activation> activation,
                                       bool affine = true) {
  auto step = std::make_shared<ConvNorm>(shape, kSpec, affine, activation);
  RandomiseState(*step, 1);
  return step;
}

at::Tensor Evaluated(ConvNorm& step, const at::Tensor& x) {
  const c10::InferenceMode inference;
  SetNormMode(step, NormMode::kRunning);
  return step.forward(x);
}

at::Tensor StepByStep(ConvNorm& step, const at::Tensor& x) {
  const at::NoGradGuard no_gradient;
  SetNormMode(step, NormMode::kRunning);
  return step.norm().forward(step.conv().forward(x), step.activation());
}

TEST(FoldedNorm, EqualsConvolutionAndNormOneAfterTheOther) {
  const std::vector<ConvolutionShape> shapes = {{.in = 3, .out = 16, .kernel = 3, .stride = 2},
                                                {.in = 8, .out = 24},
                                                {.in = 8, .out = 8, .kernel = 5, .groups = 8},
                                                {.in = 12, .out = 6, .stride = 2, .groups = 3}};
  for (const ConvolutionShape& shape : shapes) {
    for (const bool affine : {true, false}) {
      for (const auto activation : {std::optional<Activation>(), std::optional(Activation::kRelu),
                                    std::optional(Activation::kRelu6), std::optional(Activation::kHardSwish)}) {
        const auto step = MakeConvNorm(shape, activation, affine);
        const at::Tensor x = RandomImages({2, shape.in, 9, 7}, 2);
        ExpectClose(Evaluated(*step, x), StepByStep(*step, x), 1e-5, 1e-5);
      }
    }
  }
}

TEST(FoldedNorm, NoNormIsComputedInInferenceAndOneElsewhere) {
  const auto step = MakeConvNorm({.in = 4, .out = 4}, Activation::kRelu);
  const at::Tensor x = RandomImages({2, 4, 5, 5}, 2);
  EXPECT_EQ(test::CountOperators("aten::_batch_norm_impl_index", [&] { Evaluated(*step, x); }), 0);
  EXPECT_EQ(test::CountOperators("aten::_batch_norm_impl_index",
                                 [&] {
                                   const at::NoGradGuard no_gradient;
                                   step->forward(x);
                                 }),
            1);
}

TEST(FoldedNorm, FollowsWeightsAndStatisticsThatMoved) {
  const auto step = MakeConvNorm({.in = 4, .out = 6, .kernel = 3}, Activation::kRelu6);
  const at::Tensor x = RandomImages({3, 4, 6, 6}, 2);
  const at::Tensor before = Evaluated(*step, x);
  for (const char* moved : {"conv.weight", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"}) {
    const at::NoGradGuard no_gradient;
    for (const auto& [name, tensor] : StateOf(*step)) {
      if (name == moved) at::Tensor(tensor).mul_(1.5);
    }
    const at::Tensor after = Evaluated(*step, x);
    EXPECT_GT((after - before).abs().max().item<double>(), 1e-3) << moved;
    ExpectClose(after, StepByStep(*step, x), 1e-5, 1e-5);
    RandomiseState(*step, 1);
  }
}

TEST(FoldedNorm, BlocksWithShortcutsGiveInInferenceWhatTheyGiveElsewhere) {
  for (const BlockKind kind : {BlockKind::kBasic, BlockKind::kResidual}) {
    for (const int stride : {1, 2}) {
      const BlockSpec spec{
          .kind = kind, .op = {.kind = OperatorKind::kNormal, .kernel = 3}, .activation = Activation::kRelu};
      const auto block = MakeBlock(spec, {.in = 8, .out = 8, .stride = stride, .input = {6, 6}}, kSpec, true);
      RandomiseState(*block, 3);
      SetNormMode(*block, NormMode::kRunning);
      const at::Tensor x = RandomImages({2, 8, 6, 6}, 4), x_before = x.clone();
      const at::Tensor expected = [&] {
        const at::NoGradGuard no_gradient;
        return block->forward(x);
      }();
      const c10::InferenceMode inference;
      ExpectClose(block->forward(x), expected, 1e-5, 1e-5);
      ExpectSameBits(x, x_before);
    }
  }
}

// One step of gradient descent; what the module then holds.
std::vector<at::Tensor> Trained(bool evaluates_before) {
  const auto step = MakeConvNorm({.in = 4, .out = 6, .kernel = 3}, Activation::kRelu);
  if (evaluates_before) Evaluated(*step, RandomImages({3, 4, 6, 6}, 7));
  SetNormMode(*step, NormMode::kBatch);
  step->forward(RandomImages({3, 4, 6, 6}, 2)).square().sum().backward();
  const at::NoGradGuard no_gradient;
  std::vector<at::Tensor> state;
  for (const at::Tensor& parameter : step->parameters()) parameter.sub_(parameter.grad(), 0.01);
  for (const auto& [name, tensor] : StateOf(*step)) state.push_back(tensor.clone());
  return state;
}

TEST(FoldedNorm, TrainingAfterAnEvaluationIsTheSameToTheBit) {
  const std::vector<at::Tensor> with = Trained(true), without = Trained(false);
  ASSERT_EQ(with.size(), without.size());
  for (size_t i = 0; i < with.size(); ++i) ExpectSameBits(with[i], without[i]);
}

}  // namespace
}  // namespace danas
