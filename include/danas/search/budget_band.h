// The costs that a search's network may have, and what the space's candidates must keep for one that has them.
#pragma once

#include "danas/config/search_config.h"
#include "danas/cost/cost_band.h"
#include "danas/cost/cost_model.h"
#include "danas/cost/network_scores.h"
#include "danas/search/pruner.h"

namespace danas {

// search.budget_max, or 1.02 T where it is 0.
double LargestCost(const SearchConfig& config);

// search.budget_min, or 0.95 T where it is 0.
double LeastCost(const SearchConfig& config);

// The costs from LeastCost() to LargestCost().
CostBand BandOf(const SearchConfig& config);

// Throws ConfigError with the reachable range where no network of the space costs at most LargestCost(); warns of a
// target above the most expensive network.
void CheckBudget(const SearchConfig& config, const CostTable& costs);

// Takes back from what a pruning drops what the best network within `largest_cost` needs, if no network would be left
// within it, by its total score. Returns what was taken back.
LayerCandidates KeepWithinBudget(LayerCandidates& dropped, const CostTable& costs, const NetworkScores& scores,
                                 double largest_cost);

}  // namespace danas
