// What is timed computes what a derived network does. Times themselves are not looked at.
#include "danas/latency/timed_supernet.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "danas/arch/heat_map_head.h"
#include "danas/arch/space_file.h"
#include "danas/latency/check.h"
#include "danas/nn/norm.h"
#include "tests/arch/arch_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

void ExpectATimeForEveryPart(const SearchSpace& space) {
  TimedSupernet networks(space, {.batch = 2});
  networks.BeginRound();
  std::vector<size_t> choice;
  for (const LayerSpec& layer : space.layers()) choice.push_back(layer.candidates.size() - 1);
  const auto passes = networks.Passes(choice, 2);
  ASSERT_EQ(passes.size(), 2u);
  for (const std::vector<double>& milliseconds : passes) {
    EXPECT_EQ(milliseconds.size(), LatencyKeysOf(space).OfNetwork(choice).size());
    for (const double part : milliseconds) EXPECT_GE(part, 0);
  }
  EXPECT_GT(networks.Reference(), 0);
}

TEST(TimedSupernet, GivesATimeForEveryPart) {
  const SearchSpace space = LoadSpace(SourcePath("configs/spaces/mobile_tiny.json").string()).space;
  ExpectATimeForEveryPart(space);
  ExpectATimeForEveryPart(WithHeatMapHead(space, {.input = {32, 64}, .layers = 1, .channels = 8}));
}

// Values of a network that was only initialised can fade to subnormal numbers, which are slow.
TEST(TimedSupernet, ValuesAreOfAUsualSize) {
  const SearchSpace space = LoadSpace(SourcePath("configs/spaces/mobile_small.json").string()).space;
  std::vector<LayerChoice> paths(space.layers().size(), LayerChoice{.path = 0});
  const TimingSetup setup{.batch = 2};
  const auto owner = std::make_shared<Supernet>(space, SupernetOptions{.affine = true, .how = setup.how});
  Supernet& supernet = *owner;
  MakeRunnable(supernet, {paths}, setup);
  for (const BatchNorm* norm : NormsOf(supernet)) EXPECT_EQ(norm->mode(), NormMode::kRunning);
  EXPECT_FALSE(supernet.is_training());
  at::Tensor x = supernet.Stem(TimedImages(space, setup));
  for (size_t l = 0; l < paths.size(); ++l) {
    x = supernet.layer(l).forward(x, paths[l]);
    const double deviation = x.std().item<double>();
    EXPECT_GT(deviation, 1e-2) << l;
    EXPECT_LT(deviation, 1e2) << l;
  }
}

TEST(TimedSupernet, TimesAWholeNetwork) {
  const SearchSpace space = LoadSpace(SourcePath("configs/spaces/mobile_tiny.json").string()).space;
  const SearchSpace network = space.Select(NetworksToCheck(space, 1, 0).front());
  double now = 0;
  const LatencyEntry entry = MeasureNetwork(network, {.rounds = 3, .passes = 2}, {}, [&] { return ++now; });
  EXPECT_GT(entry.mean, 0);
  EXPECT_LE(entry.low, entry.mean);
  EXPECT_GE(entry.high, entry.mean);
}

}  // namespace
}  // namespace danas::test
