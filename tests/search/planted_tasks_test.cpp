// Does the search find what a task needs? Two tasks on one space whose best candidates are opposite.
//
// The space: one searched layer from four channels to six, without a skip. The stem is 1x1 and the head has no
// convolution, so that only this layer looks around and only it has hidden units: what it lacks nothing else makes up
// for. Candidates by cost:
//   ir_e1_k3  the cheapest, narrow and near-sighted      ir_e1_k7  narrow, sees far      ir_e4_k3  wide, near-sighted
// "Waves": the class is the direction of a long wave under strong noise. A 7x7 filter averages noise over five times
// the pixels of a 3x3; all channels are the same, so that width has little to work on. "Colours": a picture has one
// colour, up to noise, and the classes take turns around the colour circle. Neighbours tell nothing; it takes hidden
// units to cut the circle into its eight sectors, four in the narrow block, 16 in the wide.
//
// The cost pulls down from first to last: the budget is about what the cheapest candidate takes, and γ is the default.
// Chance: drawn at random, the planted candidate stands in each of 5 networks once in 243 times, for both tasks once in
// 59,049. Tasks and recipe were found with two searched layers, over some seventy settings, none of which held on every
// seed: one wide layer did what both were to do. With one layer, run on seeds 0 to 9 with ATen and with the fused
// kernels, all forty searches have the planted candidate.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tests/search/search_support.h"
#include "tests/search/space_support.h"

namespace danas {
namespace {

constexpr int kClasses = 4;
constexpr int kSize = 12;
constexpr int kLayers = 1;
constexpr int64_t kSeeds = 5, kControls = 3;
const std::string kFar = "ir_e1_k7", kWide = "ir_e4_k3";

uint8_t Level(double value) { return static_cast<uint8_t>(std::clamp(128 + 40 * value, 0.0, 255.0)); }

void DrawWaves(int label, RandomStream& random, Image& image) {
  const double angle = std::numbers::pi * label / kClasses, phase = random.Uniform(0, 2 * std::numbers::pi);
  const double frequency = 2 * std::numbers::pi / 9;
  size_t at = 0;
  for (int y = 0; y < kSize; ++y) {
    for (int x = 0; x < kSize; ++x) {
      const double wave = std::sin(frequency * (x * std::cos(angle) + y * std::sin(angle)) + phase);
      for (int channel = 0; channel < 3; ++channel) image.rgb[at++] = Level(0.35 * wave + random.Normal());
    }
  }
}

void DrawColours(int label, RandomStream& random, Image& image) {
  const double turn = (label + random.Uniform(0.1, 0.9)) / kClasses + random.UniformInt(2);  // the circle is two turns
  const double angle = std::numbers::pi * turn, radius = 2 * std::sqrt(random.Uniform(0.1, 1));
  const double colour[3] = {radius * std::cos(angle), radius * std::sin(angle), 0};
  for (size_t at = 0; at < image.rgb.size(); at += 3) {
    for (size_t channel = 0; channel < 3; ++channel)
      image.rgb[at + channel] = Level(colour[channel] + 0.3 * random.Normal());
  }
}

SearchSpace PlantedSpace() {
  const std::vector<BlockSpec> layer = {
      {.op = {.kernel = 3}, .expand = 1}, {.op = {.kernel = 7}, .expand = 1}, {.op = {.kernel = 3}, .expand = 4}};
  SpaceParts parts = test::MakeSpace(std::vector<std::vector<BlockSpec>>(kLayers, layer), 4, kSize, kClasses).parts();
  parts.stem.kernel = 1;
  parts.head.channels = 0;
  parts.layers[0].shape.out = 6;
  return SearchSpace(parts);
}

Config PlantedConfig(int64_t seed) {
  Config config = test::SmallConfig();
  config.seed = seed;
  config.nn.kernels = KernelChoice::kAten;  // maps this small are faster so
  config.schedule.classes = {2, 3, kClasses, kClasses};
  config.schedule.warmup_epochs = 2;
  config.schedule.epochs_per_step = 6;
  config.train.batch = 32;
  config.train.lr = 0.2;
  config.search.alpha_lr = 0.03;
  config.search.budget.value = 10e3;
  config.search.budget_max.value = 1e6;  // pruning must not choose for the cost's sake
  return config;
}

// A search's events. The labels of a control have nothing to do with the pictures.
test::KeptEvents Search(const test::Draw8Bit& draw, int64_t seed, bool control) {
  const auto dataset = test::MakeDataset(kClasses, 600, kSize, 100 + static_cast<uint64_t>(seed), draw, control);
  test::KeptEvents events;
  RunSearch(test::MakeInputs(PlantedConfig(seed), PlantedSpace(), dataset), {.metrics = &events, .folder = {}});
  return events;
}

int LayersWith(const std::string& name, const test::KeptEvents& events) {
  const auto network = events.Named("search_end").at(0).fields.at("network").get<std::vector<std::string>>();
  return static_cast<int>(std::count(network.begin(), network.end(), name));
}

void ExpectCostTermOnAndNoCandidateDead(const test::KeptEvents& events) {
  const Event epoch = events.Named("epoch").at(3);  // of the first step, which follows two of warm-up
  EXPECT_GT(epoch.fields.at("architecture_loss").get<double>(),
            1.01 * epoch.fields.at("validation_loss").get<double>());
  const nlohmann::json layers = events.Named("alpha").at(3).fields.at("layers");
  ASSERT_EQ(layers.size(), kLayers);
  for (const nlohmann::json& layer : layers) {
    ASSERT_EQ(layer.at("alpha").size(), 3u);
    for (const double alpha : layer.at("alpha")) EXPECT_GT(std::abs(alpha), 1e-4) << layer;
  }
}

class PlantedTasks : public testing::Test {
 protected:
  static void ExpectFound(const test::Draw8Bit& draw, const std::string& planted) {
    for (int64_t seed = 0; seed < kSeeds; ++seed) {
      const test::KeptEvents events = Search(draw, seed, /*control=*/false);
      ExpectCostTermOnAndNoCandidateDead(events);
      EXPECT_GT(events.Named("epoch").back().fields.at("validation_accuracy"), 0.6) << "seed " << seed;
      EXPECT_EQ(LayersWith(planted, events), kLayers) << "seed " << seed;
    }
  }
  static void ExpectNotFoundInNoise(const test::Draw8Bit& draw, const std::string& planted) {
    int found = 0;
    for (int64_t seed = 0; seed < kControls; ++seed) {
      found += LayersWith(planted, Search(draw, seed, /*control=*/true));
    }
    EXPECT_LE(found, kControls * kLayers / 2) << "of " << kControls * kLayers;
  }
};

class PlantedWaves : public PlantedTasks {};
class PlantedColours : public PlantedTasks {};

TEST_F(PlantedWaves, AreFoundByLargeKernels) { ExpectFound(DrawWaves, kFar); }
TEST_F(PlantedWaves, AreNotFoundWhereLabelsAreShuffled) { ExpectNotFoundInNoise(DrawWaves, kFar); }

TEST_F(PlantedColours, AreFoundByWideBlocks) { ExpectFound(DrawColours, kWide); }
TEST_F(PlantedColours, AreNotFoundWhereLabelsAreShuffled) { ExpectNotFoundInNoise(DrawColours, kWide); }

}  // namespace
}  // namespace danas
