// search.final argmax: the argmax of α in every layer (Algorithm 1), or the best network within the budget.
#pragma once

#include <vector>

#include "danas/cost/cost_model.h"
#include "danas/search/choices/final_choice.h"

namespace danas {

// Where the argmax costs more than `largest_cost`, the network of the highest sum of ln softmax(α) within it, by
// dynamic programming (cost/budgeted_choice.h), which throws where there is none.
FinalChoice ChooseNetwork(const std::vector<std::vector<double>>& alpha_lc, const CostTable& costs,
                          double largest_cost);

}  // namespace danas
