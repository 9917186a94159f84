// A search by the fused kernels is the search by ATen up to rounding: its losses part no faster than those of two runs
// on ATen that differ in their number of threads, which changes nothing but the order of sums.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <vector>

#include "danas/kernels/level.h"
#include "danas/run/device.h"
#include "tests/search/search_support.h"
#include "tests/search/space_support.h"

namespace danas {
namespace {

constexpr int kClasses = 4, kSize = 16;
constexpr int64_t kSeeds = 2;

void DrawStripes(int label, RandomStream& random, Image& image) {
  for (size_t at = 0; at < image.rgb.size(); ++at) {
    const auto x = static_cast<int>(at / 3) % kSize;
    const double stripe = x * kClasses / kSize == label ? 60 : 0;
    image.rgb[at] = static_cast<uint8_t>(std::clamp(90 + stripe + 30 * random.Normal(), 0.0, 255.0));
  }
}

SearchSpace Space() {
  const std::vector<BlockSpec> layer = {
      {.op = {.kernel = 3}, .expand = 3}, {.op = {.kernel = 5}, .expand = 3}, {.op = {.kernel = 3}, .expand = 6}};
  return test::MakeSpace(std::vector<std::vector<BlockSpec>>(3, layer), 16, kSize, kClasses);
}

// Mean train loss of every epoch of a search of 200 weight steps, then its validation losses.
std::vector<double> Losses(int64_t seed, KernelChoice kernels, int64_t threads) {
  Config config = test::SmallConfig();
  config.seed = seed;
  config.nn.kernels = kernels;
  config.runtime.threads = threads;
  config.schedule.classes = {kClasses, kClasses, kClasses, kClasses};
  config.schedule.warmup_epochs = 5;
  config.schedule.epochs_per_step = 5;
  config.train.batch = 16;
  config.search.budget.value = 400e3;
  config.search.budget_max.value = 1e9;
  OpenDevice(config.runtime, config.seed);
  const auto dataset = test::MakeDataset(kClasses, 67, kSize, 7, DrawStripes);
  test::KeptEvents events;
  RunSearch(test::MakeInputs(config, Space(), dataset), {.metrics = &events, .folder = {}});
  std::vector<double> losses;
  for (const Event& epoch : events.Named("epoch")) {
    losses.push_back(epoch.fields.at("train_loss"));
    if (epoch.fields.contains("validation_loss")) losses.push_back(epoch.fields.at("validation_loss"));
  }
  EXPECT_EQ(events.Named("search_end").at(0).fields.at("weight_steps"), 200);
  return losses;
}

double LargestDifference(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b.at(i)));
  return largest;
}

TEST(KernelEquivalence, LossesPartAsThoseOfOtherThreadCounts) {
  if (kernels::Levels().empty()) GTEST_SKIP() << "the processor has no level of the fused kernels";
  double by_threads = 0, by_kernels = 0;
  for (int64_t seed = 0; seed < kSeeds; ++seed) {
    const std::vector<double> one = Losses(seed, KernelChoice::kAten, 1);
    by_threads = std::max(by_threads, LargestDifference(one, Losses(seed, KernelChoice::kAten, 2)));
    by_kernels = std::max(by_kernels, LargestDifference(one, Losses(seed, KernelChoice::kFused, 1)));
    EXPECT_LT(one.back(), 0.8 * one.front()) << "seed " << seed << " learnt nothing";
  }
  std::cout << "largest difference of a loss: threads " << by_threads << ", kernels " << by_kernels << "\n";
  EXPECT_GT(by_kernels, 0) << "the fused kernels were not used";
  EXPECT_LE(by_kernels, 3 * by_threads);
}

}  // namespace
}  // namespace danas
