#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "danas/search/choices/argmax_choice.h"
#include "danas/search/choices/sampled_choice.h"

namespace danas {
namespace {

const CostTable kCosts{.unit = "MACs", .fixed = 10, .candidates_lc = {{1, 5, 9}, {2, 4}}};

TEST(ChooseNetwork, TakesTheArgmaxWithinTheBudget) {
  const FinalChoice choice = ChooseNetwork({{0, 1, 2}, {3, 0}}, kCosts, 21);
  EXPECT_EQ(choice.choice, (std::vector<size_t>{2, 0}));
  EXPECT_EQ(choice.cost, 21);
  EXPECT_FALSE(choice.bounded_by_budget);
}

TEST(ChooseNetwork, TakesTheBestWithinTheBudgetElse) {
  // Within 17: {1, 0} 17, {0, 1} 15, {0, 0} 13. ln p of layer 0: 0.1 less for 1, 2.0 less for 0.
  const FinalChoice choice = ChooseNetwork({{0, 1.9, 2}, {0, 1}}, kCosts, 17);
  EXPECT_EQ(choice.argmax, (std::vector<size_t>{2, 1}));
  EXPECT_EQ(choice.argmax_cost, 23);
  EXPECT_EQ(choice.choice, (std::vector<size_t>{1, 0}));
  EXPECT_EQ(choice.cost, 17);
  EXPECT_TRUE(choice.bounded_by_budget);
}

TEST(SampleNetwork, DrawsAsSoftmaxDoesWithinTheBudget) {
  // Within 17: {1, 0} 17, {0, 1} 15, {0, 0} 13, with e^1 · e^0, e^0 · e^2 and e^0 · e^0.
  const std::vector<std::vector<double>> alpha_lc = {{0, 1, 9}, {0, 2}};
  const double sum = std::exp(1.0) + std::exp(2.0) + 1;
  std::map<std::vector<size_t>, double> share;
  constexpr int kDraws = 20000;
  for (uint64_t i = 0; i < kDraws; ++i) {
    RandomStream stream(1, "final", {i});
    const FinalChoice choice = SampleNetwork(alpha_lc, kCosts, 17, stream);
    EXPECT_EQ(choice.cost, kCosts.OfNetwork(choice.choice));
    EXPECT_EQ(choice.argmax, (std::vector<size_t>{2, 1}));
    EXPECT_TRUE(choice.sampled);
    EXPECT_FALSE(choice.bounded_by_budget);
    share[choice.choice] += 1.0 / kDraws;
  }
  ASSERT_EQ(share.size(), 3u);
  EXPECT_NEAR((share[{1, 0}]), std::exp(1.0) / sum, 0.015);  // four standard errors
  EXPECT_NEAR((share[{0, 1}]), std::exp(2.0) / sum, 0.015);
  EXPECT_NEAR((share[{0, 0}]), 1 / sum, 0.015);
}

// exp(-1000) is 0: what lies within the budget cannot be drawn any more.
TEST(SampleNetwork, TakesTheMostProbableWhereNoneCanBeDrawn) {
  RandomStream stream(1, "final", {0});
  const std::vector<std::vector<double>> alpha_lc = {{0, 1, 1000}, {0, 2}};
  const FinalChoice choice = SampleNetwork(alpha_lc, kCosts, 17, stream);
  EXPECT_EQ(choice.choice, ChooseNetwork(alpha_lc, kCosts, 17).choice);
  EXPECT_LE(choice.cost, 17);
  EXPECT_TRUE(choice.bounded_by_budget);
  EXPECT_FALSE(choice.sampled);
}

}  // namespace
}  // namespace danas
