#include "danas/cost/budgeted_choice.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "danas/core/error.h"
#include "tests/cost/cost_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

using Scores = std::vector<std::vector<double>>;

double ScoreOf(const Scores& score_lc, const std::vector<size_t>& choice) {
  double sum = 0;
  for (size_t l = 0; l < choice.size(); ++l) sum += score_lc[l][choice[l]];
  return sum;
}

Scores MakeScores(const CostTable& table, const std::function<double()>& score) {
  Scores score_lc;
  for (const auto& costs : table.candidates_lc) {
    std::vector<double>& scores = score_lc.emplace_back();
    for (size_t c = 0; c < costs.size(); ++c) scores.push_back(score());
  }
  return score_lc;
}

// The best score within the budget and the least cost that has it, by looking at every network.
std::pair<double, double> BruteForce(const CostTable& table, const Scores& score_lc, double budget) {
  std::pair<double, double> best{-std::numeric_limits<double>::infinity(), 0};
  ForEachNetwork(table, [&](const std::vector<size_t>& choice) {
    const double cost = table.OfNetwork(choice);
    if (cost > budget) return;
    const double score = ScoreOf(score_lc, choice);
    if (score > best.first || (score == best.first && cost < best.second)) best = {score, cost};
  });
  return best;
}

// Whole costs and scores with many ties, and broken ones as of latencies and log-probabilities.
TEST(BudgetedChoice, EqualsBruteForce) {
  RandomStream stream(1, "budgeted choice");
  for (int round = 0; round < 300; ++round) {
    const bool whole = round % 2 == 0;
    const CostTable table = MakeTable({4, 1, 5, 3, 4, 2}, whole ? 7 : 0.7, [&] {
      return whole ? static_cast<double>(stream.UniformInt(20)) : stream.Uniform(0.1, 3);
    });
    const Scores score_lc = MakeScores(
        table, [&] { return whole ? -static_cast<double>(stream.UniformInt(6)) : std::log(stream.Uniform(1e-3, 1)); });
    const double budget = stream.Uniform(table.Least(), 1.1 * table.Most());
    const std::vector<size_t> choice = BestWithin(table, score_lc, budget);
    const auto [score, cost] = BruteForce(table, score_lc, budget);
    EXPECT_LE(table.OfNetwork(choice), budget);
    EXPECT_EQ(ScoreOf(score_lc, choice), score) << "round " << round;
    EXPECT_EQ(table.OfNetwork(choice), cost) << "round " << round;
  }
}

// A budget that a network meets exactly is met, though sums of decimals round.
TEST(BudgetedChoice, BudgetIsInclusive) {
  RandomStream stream(2, "budgeted choice");
  for (int round = 0; round < 200; ++round) {
    const CostTable table =
        MakeTable({3, 3, 3, 3, 3}, 0.1, [&] { return 0.1 * static_cast<double>(stream.UniformInt(9)); });
    const Scores score_lc = MakeScores(table, [&] { return stream.Uniform(); });
    std::vector<size_t> any;
    for (int l = 0; l < 5; ++l) any.push_back(stream.UniformInt(3));
    const double budget = table.OfNetwork(any);
    EXPECT_EQ(ScoreOf(score_lc, BestWithin(table, score_lc, budget)), BruteForce(table, score_lc, budget).first);
  }
}

TEST(BudgetedChoice, WithoutPressureItIsTheArgmax) {
  const CostTable table{"MACs", 10, {{5, 1}, {2, 8, 4}}};
  EXPECT_EQ(BestWithin(table, {{-1, -2}, {-3, -1, -2}}, 1e9), (std::vector<size_t>{0, 1}));
  EXPECT_EQ(BestWithin(table, {{-1, -2}, {-3, -1, -2}}, 13), (std::vector<size_t>{1, 0}));
}

TEST(BudgetedChoice, SaysWhatIsReachable) {
  const CostTable table{"MACs", 10, {{5, 1}, {2, 8, 4}}};
  const Scores score_lc = {{-1, -2}, {-3, -1, -2}};
  ExpectErrorContains<ConfigError>([&] { BestWithin(table, score_lc, 12.5); },
                                   {"at most 12.5 MACs", "of this space cost 13 to 23", "raise the budget"});
  ExpectErrorContains<ConfigError>([&] { BestWithin(table, score_lc, std::nan("")); }, {"nan"});
  ExpectErrorContains<ConfigError>([&] { BestWithin(table, {{-1, -2}}, 20); }, {"different shapes"});
  ExpectErrorContains<ConfigError>([&] { BestWithin(table, {{-1, -2}, {-1, -2}}, 20); }, {"different shapes"});
  ExpectErrorContains<ConfigError>([&] { BestWithin(table, {{-1, -INFINITY}, {-3, -1, -2}}, 20); }, {"not finite"});
}

// 21 layers of 18 candidates, where no whole walk is possible: the choice keeps the budget and no change of one or two
// layers improves it.
TEST(BudgetedChoice, LargestSpaceOfThePaper) {
  RandomStream stream(3, "budgeted choice");
  const CostTable table =
      MakeTable(std::vector<size_t>(21, 18), 4e7, [&] { return 64 * static_cast<double>(stream.UniformInt(500000)); });
  const Scores score_lc = MakeScores(table, [&] { return std::log(stream.Uniform(1e-4, 1)); });
  const double budget = table.Least() + 0.2 * (table.Most() - table.Least());
  const std::vector<size_t> best = BestWithin(table, score_lc, budget);
  EXPECT_LE(table.OfNetwork(best), budget);
  const double score = ScoreOf(score_lc, best);
  std::vector<size_t> other = best;
  for (size_t a = 0; a < best.size(); ++a) {
    for (size_t b = 0; b < a; ++b) {
      for (size_t c = 0; c < 18 * 18; ++c) {
        other[a] = c / 18;
        other[b] = c % 18;
        if (table.OfNetwork(other) > budget) continue;
        EXPECT_LE(ScoreOf(score_lc, other), score + 1e-9);
      }
      other[a] = best[a];
      other[b] = best[b];
    }
  }
}

}  // namespace
}  // namespace danas::test
