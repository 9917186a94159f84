// Does the search find what a task needs? Two tasks on one space whose best candidates are opposite.
//
// The space: layers on few channels, with a 1x1 stem, so that only the layers look around. Candidates by cost:
//   ir_e1_k3  the cheapest, narrow and near-sighted      ir_e1_k7  narrow, sees far      ir_e4_k3  wide, near-sighted
// "Waves": the class is the direction of a long wave under strong noise. A 7x7 filter averages noise over five times the
// pixels of a 3x3; width has nothing to work on.
// "Colours": every pixel's colour is drawn for itself, and the class is how the signs of its channels go together
// (r with g, g with b), so that every mean and every linear filter gives the same for all classes. Neighbours tell
// nothing; it takes units that combine channels, and more of them combine better.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "danas/nn/supernet.h"
#include "tests/search/search_support.h"
#include "tests/search/space_support.h"

namespace danas {
namespace {

constexpr int kSize = 16;
constexpr size_t kLayers = 3;
constexpr int kSeeds = 5;
const std::string kCheapest = "ir_e1_k3", kFar = "ir_e1_k7", kWide = "ir_e4_k3";

uint8_t Level(double value) { return static_cast<uint8_t>(std::clamp(128 + 40 * value, 0.0, 255.0)); }

void DrawWaves(int label, RandomStream& random, Image& image) {
  const double angle = std::numbers::pi * label / 4, phase = random.Uniform(0, 2 * std::numbers::pi);
  const double frequency = 2 * std::numbers::pi / 9;
  size_t at = 0;
  for (int y = 0; y < kSize; ++y) {
    for (int x = 0; x < kSize; ++x) {
      const double wave = std::sin(frequency * (x * std::cos(angle) + y * std::sin(angle)) + phase);
      for (int channel = 0; channel < 3; ++channel) image.rgb[at++] = Level(0.5 * wave + random.Normal());
    }
  }
}

void DrawColours(int label, RandomStream& random, Image& image) {
  const int red_green = label % 2 == 0 ? 1 : -1, green_blue = label / 2 == 0 ? 1 : -1;
  for (size_t at = 0; at < image.rgb.size(); at += 3) {
    const int green = random.UniformInt(2) == 0 ? 1 : -1;
    const int signs[3] = {green * red_green, green, green * green_blue};
    for (size_t channel = 0; channel < 3; ++channel) image.rgb[at + channel] = Level(signs[channel] + 0.7 * random.Normal());
  }
}

SearchSpace PlantedSpace() {
  const std::vector<BlockSpec> layer = {{.op = {.kernel = 3}, .expand = 1},
                                        {.op = {.kernel = 7}, .expand = 1},
                                        {.op = {.kernel = 3}, .expand = 4}};
  SpaceParts parts = test::MakeSpace(std::vector<std::vector<BlockSpec>>(kLayers, layer), 4, kSize, 4).parts();
  parts.stem.kernel = 1;
  return SearchSpace(parts);
}

Config PlantedConfig(int64_t seed) {
  Config config = test::SmallConfig();
  config.seed = seed;
  config.schedule.classes = {2, 3, 4, 4};
  config.schedule.warmup_epochs = 2;
  config.schedule.epochs_per_step = 3;
  config.train.batch = 32;
  config.train.lr = 0.1;
  config.search.alpha_lr = 0.03;
  config.search.budget.value = 180e3;
  return config;
}

// The network's candidates, a layer each.
std::vector<std::string> SearchedNames(const test::Draw8Bit& draw, int64_t seed, bool shuffle_labels) {
  const auto dataset = test::MakeDataset(4, 400, kSize, 100 + static_cast<uint64_t>(seed), draw, shuffle_labels);
  test::KeptEvents events;
  RunSearch(test::MakeInputs(PlantedConfig(seed), PlantedSpace(), dataset), {.metrics = &events, .folder = {}});
  for (const Event& e : events.Named("epoch")) std::cout << e.fields.dump() << "\n";
  std::cout << events.Named("alpha").back().fields.dump() << "\n";
  std::cout << events.Named("pruning").front().fields.dump() << "\n";
  return events.Named("search_end").at(0).fields.at("network");
}

int Count(const std::vector<std::string>& names, const std::string& name) {
  return static_cast<int>(std::count(names.begin(), names.end(), name));
}

TEST(PlantedTasks, WavesAreFoundByLargeKernels) {
  for (int64_t seed = 0; seed < kSeeds; ++seed) EXPECT_GE(Count(SearchedNames(DrawWaves, seed, false), kFar), 3) << seed;
}

TEST(PlantedTasks, ColoursAreFoundByWidth) {
  for (int64_t seed = 0; seed < kSeeds; ++seed) EXPECT_GE(Count(SearchedNames(DrawColours, seed, false), kWide), 3) << seed;
}

}  // namespace
}  // namespace danas
