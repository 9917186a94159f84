#include "danas/search/budget_band.h"

#include <gtest/gtest.h>

#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

const CostTable kCosts{.unit = "MACs", .fixed = 10, .candidates_lc = {{1, 5, 9}, {2, 4}}};

TEST(CheckBudget, SaysTheReachableRange) {
  SearchConfig config;
  config.budget.value = 12;
  test::ExpectErrorContains<ConfigError>([&] { CheckBudget(config, kCosts); }, {"search.budget", "13", "23"});
  config.budget_max.value = 13;
  CheckBudget(config, kCosts);
}

TEST(LargestCost, IsTwoPercentAboveTheTargetUnlessSaid) {
  SearchConfig config;
  config.budget.value = 100;
  EXPECT_DOUBLE_EQ(LargestCost(config), 102);
  config.budget_max.value = 90;
  EXPECT_DOUBLE_EQ(LargestCost(config), 90);
}

TEST(KeepWithinBudget, TakesBackWhatTheBestNetworkWithinItNeeds) {
  const std::vector<std::vector<double>> alpha_lc = {{-1, 0, 1}, {-1, 1}};
  LayerCandidates dropped = {{0, {0, 1}}, {1, {0}}}, free = dropped;
  EXPECT_TRUE(KeepWithinBudget(free, kCosts, {.score_lc = alpha_lc}, 23).empty());
  EXPECT_EQ(free, dropped);
  // Within 19: {1, 1} of cost 19.
  EXPECT_EQ(KeepWithinBudget(dropped, kCosts, {.score_lc = alpha_lc}, 19), (LayerCandidates{{0, {1}}}));
  EXPECT_EQ(dropped, (LayerCandidates{{0, {0}}, {1, {0}}}));
}

}  // namespace
}  // namespace danas
