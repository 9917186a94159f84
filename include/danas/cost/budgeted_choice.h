// The best network inside a budget: the highest sum of scores, one candidate in each layer, whose cost is at most the
// budget. A multiple-choice knapsack, solved exactly: Nemhauser and Ullmann's lists of undominated partial solutions
// (1969), cut where the Lagrangian bound says that nothing better can follow.
// Milliseconds for the scores of a search; seconds where scores follow the costs almost along a line, since then nearly
// every partial solution is undominated. Where the greatest cost counts (CostFold::kMax) each layer takes its best
// within the budget. The end of a search uses it with ln softmax(alpha) as scores.
#pragma once

#include <vector>

#include "danas/cost/cost_model.h"

namespace danas {

// score_lc[layer][candidate], finite, shaped as costs.candidates_lc. Among equal scores the cheapest network; sums run
// from the first layer to the last. Throws ConfigError where shapes differ or a score is not finite, and, with the
// reachable range, where no network costs at most `budget`.
std::vector<size_t> BestWithin(const CostTable& costs, const std::vector<std::vector<double>>& score_lc, double budget);

}  // namespace danas
