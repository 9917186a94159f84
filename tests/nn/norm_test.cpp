#include "danas/nn/norm.h"

#include <ATen/ATen.h>

#include <cmath>

#include "danas/core/error.h"
#include "tests/support/test_support.h"
#include "tests/support/torch_support.h"

namespace danas {
namespace {

using test::ExpectClose;
using test::ExpectSameBits;
using test::RandomTensor;

constexpr NormSpec kSpec{.momentum = 0.1, .epsilon = 1e-3};

at::Tensor Images(uint64_t seed, at::ScalarType type = at::kDouble) {
  return RandomTensor({4, 5, 3, 2}, seed, type).mul(2).add(1).contiguous(at::MemoryFormat::ChannelsLast);
}

std::shared_ptr<BatchNorm> MakeNorm(bool affine, at::ScalarType type = at::kDouble) {
  auto norm = std::make_shared<BatchNorm>(5, kSpec, affine);
  norm->to(type);
  return norm;
}

// Written out: mean and variance of the batch, no batch norm of ATen.
at::Tensor Normalised(const at::Tensor& x) {
  const at::Tensor mean = x.mean({0, 2, 3}, true);
  const at::Tensor variance = (x - mean).square().mean({0, 2, 3}, true);
  return (x - mean) / (variance + kSpec.epsilon).sqrt();
}

TEST(BatchNorm, NormalisesByTheBatchAndMovesStatistics) {
  const auto norm = MakeNorm(false);
  const at::Tensor x = Images(1);
  ExpectClose(norm->forward(x), Normalised(x), 1e-12);
  const double n = 4 * 3 * 2;
  const at::Tensor mean = x.mean({0, 2, 3});
  const at::Tensor variance = (x - mean.view({1, 5, 1, 1})).square().mean({0, 2, 3}) * n / (n - 1);
  ExpectClose(norm->running_mean, 0.1 * mean, 1e-12);
  ExpectClose(norm->running_var, 0.9 + 0.1 * variance, 1e-12);
}

TEST(BatchNorm, FrozenModeGivesTheSameButMovesNothing) {
  for (const at::ScalarType type : {at::kDouble, at::kFloat, at::kBFloat16}) {
    const auto norm = MakeNorm(false, type == at::kDouble ? at::kDouble : at::kFloat);
    norm->forward(Images(1, type));
    const at::Tensor mean = norm->running_mean.clone(), variance = norm->running_var.clone();
    const at::Tensor x = Images(2, type);
    norm->set_mode(NormMode::kBatchFrozen);
    const at::Tensor frozen = norm->forward(x);
    ExpectSameBits(norm->running_mean, mean);
    ExpectSameBits(norm->running_var, variance);
    norm->set_mode(NormMode::kBatch);
    ExpectSameBits(norm->forward(x), frozen);
    EXPECT_FALSE(at::equal(norm->running_mean, mean));
  }
}

TEST(BatchNorm, RunningModeUsesStatisticsAndMovesNothing) {
  const auto norm = MakeNorm(true);
  norm->running_mean.copy_(RandomTensor({5}, 3));
  norm->running_var.copy_(RandomTensor({5}, 4).abs() + 0.1);
  {
    const at::NoGradGuard no_gradient;
    norm->weight.copy_(RandomTensor({5}, 5));
    norm->bias.copy_(RandomTensor({5}, 6));
  }
  norm->set_mode(NormMode::kRunning);
  const at::Tensor x = Images(2), mean = norm->running_mean.clone();
  const auto per_channel = [](const at::Tensor& c) { return c.view({1, 5, 1, 1}); };
  ExpectClose(
      norm->forward(x),
      (x - per_channel(mean)) / per_channel((norm->running_var + kSpec.epsilon).sqrt()) * per_channel(norm->weight) +
          per_channel(norm->bias),
      1e-12);
  ExpectSameBits(norm->running_mean, mean);
}

TEST(BatchNorm, ActivationIsAppliedToTheResult) {
  const auto norm = MakeNorm(false);
  const at::Tensor x = Images(7);
  const at::Tensor z = 8 * Normalised(x);  // reaches beyond 6
  const auto affine = MakeNorm(true);
  {
    const at::NoGradGuard no_gradient;
    affine->weight.fill_(8);
  }
  ExpectClose(affine->forward(x, Activation::kRelu), z.clamp_min(0), 1e-10);
  ExpectClose(affine->forward(x, Activation::kRelu6), z.clamp(0, 6), 1e-10);
  ExpectClose(affine->forward(x, Activation::kHardSwish), z * (z + 3).clamp(0, 6) / 6, 1e-10);
  ExpectClose(affine->forward(x, Activation::kSwish), z / (1 + (-z).exp()), 1e-10);
  EXPECT_GT(z.max().item<double>(), 6);
}

TEST(BatchNorm, GradientsAreThoseOfTheFormula) {
  for (const auto activation : {std::optional<Activation>(), std::optional(Activation::kRelu),
                                std::optional(Activation::kRelu6), std::optional(Activation::kHardSwish),
                                std::optional(Activation::kSwish), std::optional(Activation::kSigmoid)}) {
    for (const NormMode mode : {NormMode::kBatch, NormMode::kBatchFrozen, NormMode::kRunning}) {
      const auto norm = MakeNorm(true);
      norm->set_mode(mode);
      test::ExpectGradientsMatch(
          [&](const std::vector<at::Tensor>& inputs) {
            norm->weight = inputs[1];
            norm->bias = inputs[2];
            return norm->forward(inputs[0], activation);
          },
          {Images(8), RandomTensor({5}, 9) * 3, RandomTensor({5}, 10)});
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST(BatchNorm, GradientOfTheFusedActivationEqualsAutogradsOwn) {
  const at::Tensor x = Images(11).mul(3).requires_grad_(true);
  const at::Tensor weight = Images(12);
  const auto norm = MakeNorm(false);
  const auto fused = torch::autograd::grad({(norm->forward(x, Activation::kRelu6) * weight).sum()}, {x});
  const auto plain = torch::autograd::grad({(Normalised(x).clamp(0, 6) * weight).sum()}, {x});
  ExpectClose(fused[0], plain[0], 1e-10);
}

// Mixed precision: bfloat16 features, statistics and affine weights in float32.
TEST(BatchNorm, HalfPrecisionGradientsComeNearThoseInFloat) {
  for (const NormMode mode : {NormMode::kBatch, NormMode::kBatchFrozen}) {
    const auto norm = MakeNorm(true, at::kFloat);
    norm->set_mode(mode);
    const auto gradients = [&](const at::Tensor& images) {
      const at::Tensor x = images.detach().requires_grad_(true);
      const at::Tensor y = norm->forward(x, Activation::kRelu6);
      return torch::autograd::grad({y}, {x, norm->weight, norm->bias}, {Images(13, x.scalar_type())});
    };
    const at::Tensor images = Images(8, at::kBFloat16);
    const auto half = gradients(images), whole = gradients(images.to(at::kFloat));
    EXPECT_EQ(half[0].scalar_type(), at::kBFloat16);
    EXPECT_EQ(half[1].scalar_type(), at::kFloat);
    for (size_t i = 0; i < 3; ++i) ExpectClose(half[i], whole[i], 0.05 * whole[i].abs().max().item<double>());
  }
}

TEST(BatchNorm, KeepsChannelsLast) {
  const auto norm = MakeNorm(true, at::kFloat);
  const at::Tensor x = Images(1, at::kFloat).requires_grad_(true);
  for (const auto activation : {std::optional<Activation>(), std::optional(Activation::kRelu6)}) {
    const at::Tensor y = norm->forward(x, activation);
    EXPECT_TRUE(y.is_contiguous(at::MemoryFormat::ChannelsLast));
    // A gradient of another layout, too.
    const auto gradient = torch::autograd::grad({y}, {x}, {RandomTensor({4, 5, 3, 2}, 2, at::kFloat)});
    EXPECT_TRUE(gradient[0].is_contiguous(at::MemoryFormat::ChannelsLast));
  }
}

TEST(BatchNorm, ResetAveragesTheBatchesThatFollow) {
  const auto norm = MakeNorm(false);
  norm->running_mean.fill_(std::nan(""));
  norm->ResetStatistics();
  at::Tensor mean = at::zeros({5}, at::kDouble);
  for (uint64_t batch = 0; batch < 3; ++batch) {
    norm->forward(Images(batch));
    mean += Images(batch).mean({0, 2, 3}) / 3;
  }
  ExpectClose(norm->running_mean, mean, 1e-12);
  norm->set_mode(NormMode::kBatch);  // back to the moving average
  norm->forward(Images(9));
  ExpectClose(norm->running_mean, 0.9 * mean + 0.1 * Images(9).mean({0, 2, 3}), 1e-12);
}

TEST(BatchNorm, AnAverageGoesOnWhereItsStatisticsArePutBack) {
  const auto norm = MakeNorm(false), other = MakeNorm(false);
  other->ResetStatistics();
  for (uint64_t batch = 0; batch < 4; ++batch) other->forward(Images(batch));
  norm->ResetStatistics();
  for (uint64_t batch = 0; batch < 2; ++batch) norm->forward(Images(batch));
  const at::Tensor mean = norm->running_mean.clone(), variance = norm->running_var.clone();
  norm->ResetStatistics();
  norm->forward(Images(9));
  norm->running_mean.copy_(mean);
  norm->running_var.copy_(variance);
  norm->ContinueStatistics(2);
  for (uint64_t batch = 2; batch < 4; ++batch) norm->forward(Images(batch));
  ExpectSameBits(norm->running_mean, other->running_mean);
  ExpectSameBits(norm->running_var, other->running_var);
}

TEST(KeptNorms, SetsEverythingBack) {
  const auto norm = MakeNorm(false), untouched = MakeNorm(false);
  for (const auto& each : {norm, untouched}) {
    each->ResetStatistics();
    each->forward(Images(1));
    each->set_sharing({.groups = 2});
  }
  {
    const KeptNorms kept(*norm);
    EXPECT_FALSE(norm->shares());
    EXPECT_EQ(NormsOf(*norm), std::vector<BatchNorm*>{norm.get()});
    SetNormMode(*norm, NormMode::kRunning);
    norm->ResetStatistics();
    norm->forward(Images(7));
  }
  EXPECT_TRUE(norm->is_training());
  EXPECT_TRUE(norm->shares());
  for (const auto& each : {norm, untouched}) each->forward(Images(2));  // the second of the average
  ExpectSameBits(norm->running_mean, untouched->running_mean);
  ExpectSameBits(norm->running_var, untouched->running_var);
}

TEST(BatchNorm, RefusesOneValueAChannel) {
  const auto norm = MakeNorm(false);
  const at::Tensor one = RandomTensor({1, 5, 1, 1}, 1);
  test::ExpectErrorContains<DataError>([&] { norm->forward(one); }, {"a batch of one image"});
  norm->set_mode(NormMode::kRunning);
  EXPECT_EQ(norm->forward(one).numel(), 5);
}

}  // namespace
}  // namespace danas
