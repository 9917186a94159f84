#include "danas/study/truth_lookup.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "danas/config/config_file.h"
#include "danas/core/error.h"
#include "danas/cost/search_band.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;

// Two layers of identity or an inverted residual on 4 x 4 maps of 8 channels.
constexpr const char* kSpace = R"({
  "format_version": 1, "name": "two", "input": {"channels": 3, "height": 8, "width": 8}, "classes": 2,
  "candidates": {"any": [{"block": "identity"},
    {"block": "inverted_residual", "expand": 1, "operator": {"kind": "depthwise", "kernel": 3}},
    {"block": "inverted_residual", "expand": 2, "operator": {"kind": "depthwise", "kernel": 3}}]},
  "norm": {"momentum": 0.1, "epsilon": 0.001},
  "stem": {"channels": 8, "kernel": 3, "stride": 2, "activation": "relu6"},
  "stages": [{"channels": 8, "repeat": 2, "stride": 1, "candidates": "any"}],
  "head": {"channels": 0, "activation": "relu6", "dropout": 0, "bias": true}})";

constexpr const char* kRows =
    "# hours of one core: 2.5\n# train: 800 images, sha256 abc\n# recipe: {\"finetune\": {\"epochs\": 3}}\n"
    "network,seed,loss,accuracy\n0-0,0,1,0.5\n0-1,0,1,0.6\n0-1,1,1,0.8\n1-0,0,1,0.75\n1-1,0,1,0.9\n2-2,0,1,0.4\n";

class TruthLookups : public ::testing::Test {
 protected:
  TruthLookup Lookup(const std::string& rows = kRows) const {
    test::WriteText(folder_ / "space.json", kSpace);
    Config config;
    Assign(config, {"space=" + (folder_ / "space.json").string(), "data.image_size=8"});
    return TruthLookup(test::WriteText(folder_ / "table.csv", rows), config);
  }
  test::TempDir folder_;
};

// A block of expansion 1: depthwise 3x3 and 1x1 on 4x4 maps; with expansion 2 twice that and a 1x1 before it.
constexpr double kLight = 16 * (9 * 8 + 8 * 8), kWide = 16 * (8 * 16 + 9 * 16 + 16 * 8);
constexpr double kFixed = 16 * 27 * 8 + 8 * 2;

TEST_F(TruthLookups, PlaceAmongThoseOfTheBudget) {
  const TruthLookup lookup = Lookup();
  EXPECT_EQ(lookup.networks(), 5);
  EXPECT_EQ(lookup.trainings(), 6);
  EXPECT_EQ(lookup.Cost({0, 1}), kFixed + kLight);
  EXPECT_EQ(lookup.Macs({2, 2}), kFixed + 2 * kWide);
  // Within the budget: 0-0 (.5), 0-1 (.7, mean of two), 1-0 (.75); in the band the last two.
  const auto found = lookup.Find({0, 1}, {.low = kFixed + kLight, .high = kFixed + kLight});
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->accuracy, 0.7, 1e-12);
  EXPECT_NEAR(found->budget_share, 1.0 / 3, 1e-12);
  EXPECT_NEAR(found->band_share, 1.0 / 2, 1e-12);
  EXPECT_NEAR(found->regret, 0.05, 1e-12);
}

TEST_F(TruthLookups, TheBestIsBetterThanAll) {
  const auto found = Lookup().Find({1, 1}, {.low = 0, .high = 1e9});
  EXPECT_EQ(found->budget_share, 0);
  EXPECT_EQ(found->regret, 0);
  const auto worst = Lookup().Find({2, 2}, {.low = 0, .high = 1e9});
  EXPECT_NEAR(worst->budget_share, 0.8, 1e-12);
}

TEST_F(TruthLookups, WhatTheTableLacks) {
  const TruthLookup lookup = Lookup();
  EXPECT_FALSE(lookup.Find({2, 1}, {.low = 0, .high = 1e9}));
  EXPECT_TRUE(std::isnan(lookup.Find({0, 0}, {.low = 1e8, .high = 1e9})->band_share));
  ExpectErrorContains<ConfigError>(
      [&] {
        lookup.Find({0, 0}, {.low = 0, .high = 10});
      },
      {"table.csv", "none of its networks costs at most 10"});
}

TEST_F(TruthLookups, DrawsOfTheBandAreDifferentAndEven) {
  const TruthLookup lookup = Lookup();
  const CostBand band{.low = kFixed, .high = kFixed + 2 * kLight};  // all but 2-2
  std::map<std::vector<size_t>, int> counts;
  for (uint64_t draw = 0; draw < 2000; ++draw) {
    RandomStream stream(draw, "test");
    const auto networks = lookup.Draw(2, band, stream);
    ASSERT_EQ(networks.size(), 2u);
    ASSERT_NE(networks[0], networks[1]);
    for (const auto& network : networks) ++counts[network];
  }
  EXPECT_EQ(counts.size(), 4u);
  for (const auto& [network, count] : counts) EXPECT_NEAR(count, 1000, 120);
  RandomStream stream(0, "test");
  ExpectErrorContains<ConfigError>([&] { lookup.Draw(5, band, stream); },
                                   {"4 of its networks cost", "a random arm asks for 5"});
}

TEST_F(TruthLookups, BestOfSome) { EXPECT_EQ(Lookup().Best({{0, 0}, {1, 0}, {0, 1}}), (std::vector<size_t>{1, 0})); }

TEST_F(TruthLookups, HeadSaysWhatTrainingsTook) {
  const TruthHead head = Lookup().head();
  EXPECT_EQ(head.hours, 2.5);
  EXPECT_EQ(head.train_images, 800);
  EXPECT_EQ(head.epochs, 3);
  const TruthHead none = Lookup("network,loss,accuracy\n0-0,1,0.5\n").head();
  EXPECT_EQ(none.hours + static_cast<double>(none.train_images + none.epochs), 0);
}

TEST(SearchBands, AreThoseOfTheConfig) {
  SearchConfig config;
  config.budget = {100};
  EXPECT_EQ(SearchBand(config).low, 95);
  EXPECT_EQ(SearchBand(config).high, 102);
  config.budget_min = {10};
  config.budget_max = {120};
  EXPECT_EQ(SearchBand(config).low, 10);
  EXPECT_EQ(SearchBand(config).high, 120);
}

}  // namespace
}  // namespace danas
