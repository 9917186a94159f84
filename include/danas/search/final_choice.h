// The network that a search ends with: the argmax of α in every layer, or the best within the budget; or one that
// softmax(α) draws, which section 4.3 of the paper argues against.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "danas/config/search_config.h"
#include "danas/core/random.h"
#include "danas/cost/cost_band.h"
#include "danas/cost/cost_model.h"
#include "danas/cost/network_scores.h"
#include "danas/search/final_scores.h"
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

struct FinalChoice {
  std::vector<size_t> argmax;  // a candidate for each layer
  std::vector<size_t> choice;  // argmax, or the highest sum of ln softmax(α) within the budget; or drawn
  double argmax_cost = 0;
  double cost = 0;
  bool bounded_by_budget = false;
  bool sampled = false;
  std::optional<ScoredField> scored = {};  // with search.final scored: where `choice` is the best of
};

FinalChoice ChooseNetwork(const std::vector<std::vector<double>>& alpha_lc, const CostTable& costs,
                          double largest_cost);

// search.final sampled: drawn with the probability that softmax(α) gives it among the networks within `largest_cost`.
FinalChoice SampleNetwork(const std::vector<std::vector<double>>& alpha_lc, const CostTable& costs, double largest_cost,
                          RandomStream& stream);

}  // namespace danas
