// How well scores order networks whose accuracy after training is known: Kendall's τ-b, over all pairs and over pairs
// of nearly one cost (cost alone orders networks well), and what the best by score is worth within a budget.
#pragma once

#include <cstdint>
#include <vector>

#include "danas/core/json.h"
#include "danas/easiness/agreement.h"

namespace danas {

// Costs that differ by at most so much of their mean are nearly one.
inline constexpr double kNearCosts = 0.05;

// Networks, one in each place.
struct ScoredTruth {
  Scores score;     // higher is better
  Scores accuracy;  // after training, share in [0, 1]
  Scores cost;      // above 0
};

// τ-b over the pairs (i, j) of nearly one cost: Σ sign(x_i - x_j) sign(y_i - y_j) over the root of the numbers of pairs
// that x distinguishes and that y does. NaN where there are none.
double KendallTauNear(const Scores& x, const Scores& y, const Scores& cost, double near = kNearCosts);

// The network of the highest score among those that cost at most the budget (the first of equals).
struct BestWithinBudget {
  double budget = 0;
  int64_t networks = 0;  // within it; 0: nothing else is known
  size_t chosen = 0;     // place
  int64_t rank = 0;      // by accuracy among them, from 1
  Estimate better = {};  // share of them that are better
  Estimate regret = {};  // accuracy of the best of them less that of the chosen
};

struct TruthAgreement {
  int64_t networks = 0;
  int64_t near_pairs = 0;
  int64_t resamples = 0;
  Estimate tau = {};
  Estimate tau_near = {};
  std::vector<BestWithinBudget> budgets = {};
};

// Intervals by bootstrap over networks from the stream ("bootstrap", resample) of the seed. Throws
// std::invalid_argument where the lists differ in length.
TruthAgreement CompareWithTruth(const ScoredTruth& networks, const std::vector<double>& budgets, int64_t resamples,
                                int64_t seed);

// docs/file-formats.md.
Json ToJson(const TruthAgreement& agreement);

}  // namespace danas
