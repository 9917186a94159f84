// What functions that take a score for each candidate want of it.
#pragma once

#include <vector>

#include "danas/cost/cost_model.h"
#include "danas/cost/network_scores.h"

namespace danas {

// Throws ConfigError unless the scores are finite and shaped as costs.candidates_lc.
void CheckScores(const CostTable& costs, const std::vector<std::vector<double>>& score_lc);

// The same of both kinds of scores.
void CheckScores(const CostTable& costs, const NetworkScores& scores);

}  // namespace danas
