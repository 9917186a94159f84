#include "danas/search/untrained_score.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>

#include "danas/nn/norm.h"
#include "danas/tasks/classification/class_loss.h"
#include "tests/nn/nn_support.h"
#include "tests/search/search_support.h"
#include "tests/search/space_support.h"

namespace danas {
namespace {

constexpr int64_t kImages = 12;

// Squeeze and excitation, a plain inverted residual, a shuffle block.
SearchSpace Network(double expand = 3) {
  const BlockSpec excited{.op = {.kind = OperatorKind::kDepthwise, .kernel = 3}, .expand = 3, .squeeze_excite = true};
  const BlockSpec plain{.op = {.kind = OperatorKind::kDepthwise, .kernel = 3}, .expand = expand};
  const BlockSpec shuffle{.kind = BlockKind::kShuffleA, .op = {.kind = OperatorKind::kDepthwise, .kernel = 3}};
  return test::MakeSpace({{excited}, {plain}, {shuffle}}, 4, 8, 4);
}

Config DoubleConfig() {
  Config config = test::SmallConfig();
  config.runtime.precision = Precision::kFloat64;
  return config;
}

at::Tensor Images(uint64_t seed) { return test::RandomImages({kImages, 3, 8, 8}, seed, at::kDouble); }

Batch MakeBatch(uint64_t seed) {
  return {.images = Images(seed), .targets = at::arange(kImages, at::kLong).remainder(4)};
}

// From the patterns themselves, image by image, by Gaussian elimination.
TEST(NaswotScore, IsTheLogDeterminantOfSharedPatterns) {
  const auto network = MakeUntrained(Network(), DoubleConfig(), at::kCPU);
  std::vector<std::vector<bool>> active(kImages);
  {
    const at::NoGradGuard no_gradient;
    SetNormMode(*network, NormMode::kBatchFrozen);
    network->eval();
    const ActivationWatch watch([&](const at::Tensor& y) {
      const at::Tensor flat = y.contiguous().flatten(1);
      for (int64_t n = 0; n < kImages; ++n) {
        for (int64_t unit = 0; unit < flat.size(1); ++unit)
          active[static_cast<size_t>(n)].push_back(flat[n][unit].item<double>() > 0);
      }
    });
    network->forward(Images(1));
  }
  // Stem 4 maps; 12 twice and 4 squeezed units (at least 8) ; 12 twice; half of 4 channels twice, in 8 x 8.
  ASSERT_GT(active[0].size(), static_cast<size_t>(4 * 64));
  std::vector<std::vector<double>> kernel(kImages, std::vector<double>(kImages));
  for (size_t i = 0; i < kImages; ++i) {
    for (size_t j = 0; j < kImages; ++j) {
      for (size_t unit = 0; unit < active[0].size(); ++unit) kernel[i][j] += active[i][unit] == active[j][unit];
    }
  }
  double expected = 0;
  for (size_t pivot = 0; pivot < kImages; ++pivot) {
    expected += std::log(kernel[pivot][pivot]);
    for (size_t row = pivot + 1; row < kImages; ++row) {
      const double factor = kernel[row][pivot] / kernel[pivot][pivot];
      for (size_t column = pivot; column < kImages; ++column) kernel[row][column] -= factor * kernel[pivot][column];
    }
  }
  EXPECT_NEAR(NaswotScore(*network, Images(1)), expected, 1e-8);
}

TEST(NaswotScore, SeesEveryActivation) {
  // Of 4 channels at 8 x 8: stem 4 x 64; excited 12 x 64 twice and its squeezed units; plain 12 x 64 twice; shuffle
  // twice.
  const auto network = MakeUntrained(Network(), DoubleConfig(), at::kCPU);
  std::vector<int64_t> units;
  const at::NoGradGuard no_gradient;
  const ActivationWatch watch([&](const at::Tensor& y) { units.push_back(y.numel() / y.size(0)); });
  network->forward(Images(1));
  ASSERT_EQ(units.size(), 1u + 3 + 2 + 2);
  EXPECT_EQ(units[0], 4 * 64);
  EXPECT_EQ(units[1], 12 * 64);
  EXPECT_EQ(units[3], SqueezeChannels(4));
}

TEST(NaswotScore, FallsWithEqualImagesAndGrowsWithUnits) {
  at::Tensor images = Images(1);
  const auto small = MakeUntrained(Network(1), DoubleConfig(), at::kCPU);
  const auto large = MakeUntrained(Network(6), DoubleConfig(), at::kCPU);
  EXPECT_GT(NaswotScore(*large, images), NaswotScore(*small, images));
  EXPECT_EQ(NaswotScore(*small, images), NaswotScore(*small, images));
  const double different = NaswotScore(*small, images);
  images[1].copy_(images[0]);
  EXPECT_LT(NaswotScore(*small, images), different - 20);  // minus infinity but for rounding
}

// Weight by weight, in loops.
TEST(ZicoScore, IsTheInverseVariationOfGradients) {
  const auto network = MakeUntrained(Network(), DoubleConfig(), at::kCPU);
  const std::vector<Batch> batches = {MakeBatch(1), MakeBatch(2), MakeBatch(3)};
  SetNormMode(*network, NormMode::kBatchFrozen);
  network->eval();
  std::vector<at::Tensor> kernels;
  for (const auto& item : network->named_parameters()) {
    if (item.value().dim() > 1) kernels.push_back(item.value());  // no biases, no norms
  }
  std::vector<std::vector<at::Tensor>> gradients;
  for (const Batch& batch : batches) {
    const at::Tensor loss = ClassLossSum(network->forward(batch.images), batch.targets, 4, 0) / kImages;
    gradients.push_back(torch::autograd::grad({loss}, kernels));
  }
  double expected = 0;
  for (size_t k = 0; k < kernels.size(); ++k) {
    double sum = 0;
    for (int64_t w = 0; w < kernels[k].numel(); ++w) {
      double mean = 0, size = 0, squares = 0;
      for (const auto& of_batch : gradients) {
        const double g = of_batch[k].contiguous().flatten()[w].item<double>();
        mean += g / 3;
        size += std::abs(g) / 3;
        squares += g * g / 3;
      }
      const double deviation = std::sqrt(std::max(0.0, squares - mean * mean));
      if (deviation > 0) sum += size / deviation;
    }
    expected += std::log(sum);
  }
  EXPECT_NEAR(ZicoScore(*network, batches, 4), expected, 1e-6 * std::abs(expected));
  for (const at::Tensor& parameter : network->parameters()) EXPECT_FALSE(parameter.grad().defined());
  EXPECT_THROW(ZicoScore(*network, {batches[0]}, 4), std::invalid_argument);
}

}  // namespace
}  // namespace danas
