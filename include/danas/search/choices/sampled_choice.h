// search.final sampled: a network that softmax(α) draws, as FBNet does, and against which section 4.3 of the paper
// argues.
#pragma once

#include <vector>

#include "danas/core/random.h"
#include "danas/cost/cost_model.h"
#include "danas/search/choices/final_choice.h"

namespace danas {

// Drawn with the probability that softmax(α) gives it among the networks within `largest_cost`.
FinalChoice SampleNetwork(const std::vector<std::vector<double>>& alpha_lc, const CostTable& costs, double largest_cost,
                          RandomStream& stream);

}  // namespace danas
