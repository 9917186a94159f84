#include "danas/report/run_findings.h"

#include <gtest/gtest.h>

#include <cmath>

#include "danas/arch/space_file.h"

namespace danas {
namespace {

TEST(ShareInterval, IsWilsons) {
  const Estimate half = ShareInterval(0.5, 100);
  EXPECT_NEAR(half.low, 0.40383, 1e-5);  // R: binom::binom.wilson(50, 100)
  EXPECT_NEAR(half.high, 0.59617, 1e-5);
  const Estimate all = ShareInterval(1, 10);
  EXPECT_NEAR(all.low, 0.72247, 1e-5);
  EXPECT_NEAR(all.high, 1, 1e-12);
  EXPECT_TRUE(std::isnan(ShareInterval(0.5, 0).low));
  EXPECT_TRUE(std::isnan(ShareInterval(NAN, 10).value));
}

events::LayerCut CutWith(std::optional<double> z) {
  events::LayerCut cut;
  cut.layer = 0;
  cut.z = z;
  return cut;
}

TEST(SurenessText, CountsWhatTheLogSays) {
  BudgetRecord budget;
  EXPECT_EQ(SurenessText(budget), "Nothing was pruned yet.");
  events::Pruning pruning;
  pruning.layers = {CutWith(3.0), CutWith(1.0), CutWith(-2.5), CutWith(std::nullopt)};
  budget.prunings.push_back(pruning);
  EXPECT_EQ(
      SurenessText(budget),
      "1 of 4 cuts are clear by two standard errors or more, 2 are toss-ups, and 1 dropped what no network within "
      "the budget has.");
  budget.alpha_e = {events::AlphaFields{.expected_cost = 1, .alpha_entropy = 0.2, .z_rms = {}}};
  EXPECT_NE(SurenessText(budget).find("0.20 of its largest value: α has decided"), std::string::npos);
  budget.scores.emplace();
  budget.scores->scored = 98;
  budget.scores->margin = 0.03;
  budget.scores->standard_error = 0.01;
  EXPECT_NE(SurenessText(budget).find("0.0300 ± 0.0100 nats (3.0 standard errors): a clear first."), std::string::npos);
  budget.scores->z = 0.1;
  EXPECT_NE(SurenessText(budget).find("leads the next by 0.1 standard errors: the next ones may be as good."),
            std::string::npos);
}

TEST(SharesOf, CountsWhereChannelsGrowOrResolutionDrops) {
  const SearchSpace space = LoadSpace("shuffle_mobile_small").space;
  std::vector<size_t> choice;
  int64_t changing = 0, squeezing = 0, inverted = 0;
  for (const LayerSpec& layer : space.layers()) {
    const bool changes = layer.shape.stride > 1 || layer.shape.out > layer.shape.in;
    size_t chosen = 0;
    for (size_t c = 0; c < layer.candidates.size(); ++c) {
      if (layer.candidates[c].squeeze_excite == changes) chosen = c;
    }
    choice.push_back(chosen);
    changing += changes ? 1 : 0;
    squeezing += layer.candidates[chosen].squeeze_excite ? 1 : 0;
    inverted += layer.candidates[chosen].kind == BlockKind::kInvertedResidual ? 1 : 0;
  }
  const SearchSpace network = space.Select(choice);
  const BlockShares shares = SharesOf(network);
  EXPECT_EQ(shares.layers, std::ssize(space.layers()));
  EXPECT_EQ(shares.changing, changing);
  EXPECT_EQ(shares.staying, shares.layers - changing);
  EXPECT_EQ(shares.squeeze_changing + shares.squeeze_staying, squeezing);
  EXPECT_EQ(shares.inverted_residuals, inverted);
  EXPECT_GT(squeezing, 0);
}

TEST(AgreeingLayers, OfAll) {
  EXPECT_EQ(AgreeingLayers({{"a", "b", "c"}, {"a", "x", "c"}, {"a", "b", "y"}}),
            (std::vector<bool>{true, false, false}));
  EXPECT_TRUE(AgreeingLayers({}).empty());
}

}  // namespace
}  // namespace danas
