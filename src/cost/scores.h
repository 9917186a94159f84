// What functions that take a score for each candidate want of it.
#pragma once

#include <vector>

#include "danas/cost/cost_model.h"

namespace danas {

// Throws ConfigError unless the scores are finite and shaped as costs.candidates_lc.
void CheckScores(const CostTable& costs, const std::vector<std::vector<double>>& score_lc);

}  // namespace danas
