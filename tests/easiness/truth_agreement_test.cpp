#include "danas/easiness/truth_agreement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "danas/core/random.h"

namespace danas {
namespace {

// By the definition, pair by pair.
double BruteForceTau(const Scores& x, const Scores& y, const Scores& cost, double near) {
  double agreeing = 0, apart_x = 0, apart_y = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (std::abs(cost[i] - cost[j]) > near * (cost[i] + cost[j]) / 2) continue;
      const double dx = x[i] - x[j], dy = y[i] - y[j];
      agreeing += dx * dy > 0 ? 1 : dx * dy < 0 ? -1 : 0;
      apart_x += dx != 0;
      apart_y += dy != 0;
    }
  }
  return agreeing / std::sqrt(apart_x * apart_y);
}

ScoredTruth Random(size_t networks, uint64_t seed) {
  RandomStream random(seed, "truth");
  ScoredTruth truth;
  for (size_t i = 0; i < networks; ++i) {
    const double quality = random.Normal();
    truth.accuracy.push_back(0.5 + 0.01 * std::round(5 * quality));  // with ties
    truth.score.push_back(std::round(4 * (quality + random.Normal())));
    truth.cost.push_back(100 + 10 * random.Uniform());
  }
  return truth;
}

TEST(KendallTauNear, CountsThePairsOfNearlyOneCost) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const auto [score, accuracy, cost] = Random(40, seed);
    for (const double near : {0.01, 0.05, 10.0}) {
      EXPECT_NEAR(KendallTauNear(score, accuracy, cost, near), BruteForceTau(score, accuracy, cost, near), 1e-12);
    }
    EXPECT_NEAR(KendallTauNear(score, accuracy, cost, 10), KendallTauB(score, accuracy), 1e-12);
  }
  EXPECT_TRUE(std::isnan(KendallTauNear({1, 2}, {1, 2}, {100, 200})));
  EXPECT_EQ(KendallTauNear({1, 2, 9}, {1, 2, 0}, {100, 104, 200}), 1);
  EXPECT_TRUE(std::isnan(KendallTauNear({1, 2}, {1, 2}, {100, 106})));
}

TEST(CompareWithTruth, RanksTheBestByScoreWithinABudget) {
  //                          0     1     2     3     4
  const ScoredTruth truth{{0.1, 0.9, 0.8, 0.8, 0.5}, {0.70, 0.60, 0.80, 0.75, 0.90}, {10, 50, 20, 20, 40}};
  const TruthAgreement found = CompareWithTruth(truth, {20, 40, 100, 5}, 200, 0);
  EXPECT_EQ(found.networks, 5);
  ASSERT_EQ(found.budgets.size(), 4u);
  EXPECT_EQ(found.budgets[0].networks, 3);
  EXPECT_EQ(found.budgets[0].chosen, 2u);  // the first of equals
  EXPECT_EQ(found.budgets[0].rank, 1);
  EXPECT_EQ(found.budgets[0].better.value, 0);
  EXPECT_EQ(found.budgets[0].regret.value, 0);
  EXPECT_EQ(found.budgets[1].chosen, 2u);
  EXPECT_EQ(found.budgets[1].rank, 2);
  EXPECT_EQ(found.budgets[1].better.value, 0.25);
  EXPECT_NEAR(found.budgets[1].regret.value, 0.10, 1e-12);
  EXPECT_EQ(found.budgets[2].chosen, 1u);
  EXPECT_EQ(found.budgets[2].rank, 5);
  EXPECT_NEAR(found.budgets[2].regret.value, 0.30, 1e-12);
  EXPECT_LE(found.budgets[2].regret.low, found.budgets[2].regret.value);
  EXPECT_EQ(found.budgets[3].networks, 0);
  EXPECT_FALSE(ToJson(found)["budgets"][3].contains("rank"));
}

// The interval covers the truth of a large population about as often as it says.
TEST(CompareWithTruth, IntervalsCoverThePopulation) {
  const ScoredTruth population = Random(4000, 99);
  const double tau = KendallTauB(population.score, population.accuracy);
  const double near = KendallTauNear(population.score, population.accuracy, population.cost);
  int covered = 0, covered_near = 0;
  constexpr int kSamples = 100;
  for (uint64_t seed = 0; seed < kSamples; ++seed) {
    const TruthAgreement found = CompareWithTruth(Random(60, seed), {}, 200, 0);
    EXPECT_GT(found.near_pairs, 0);
    covered += found.tau.low <= tau && tau <= found.tau.high;
    covered_near += found.tau_near.low <= near && near <= found.tau_near.high;
  }
  EXPECT_GE(covered, 85);
  EXPECT_GE(covered_near, 85);
}

TEST(CompareWithTruth, FollowsTheSeedAndRefusesOddLists) {
  const ScoredTruth truth = Random(30, 1);
  EXPECT_EQ(ToJson(CompareWithTruth(truth, {105}, 50, 3)), ToJson(CompareWithTruth(truth, {105}, 50, 3)));
  EXPECT_NE(ToJson(CompareWithTruth(truth, {105}, 50, 3)), ToJson(CompareWithTruth(truth, {105}, 50, 4)));
  EXPECT_THROW(CompareWithTruth({{1, 2}, {1}, {1, 2}}, {}, 10, 0), std::invalid_argument);
}

}  // namespace
}  // namespace danas
