#include "danas/search/budget_band.h"

#include <algorithm>
#include <limits>
#include <string>

#include "danas/core/error.h"
#include "danas/core/log.h"
#include "danas/core/softmax.h"
#include "danas/core/units.h"
#include "danas/cost/best_networks.h"
#include "danas/cost/budgeted_choice.h"
#include "danas/cost/search_band.h"

namespace danas {
namespace {

double LeastAfter(const CostTable& costs, const LayerCandidates& all_dropped) {
  double least = costs.fixed;
  for (size_t l = 0; l < costs.candidates_lc.size(); ++l) {
    const auto dropped = all_dropped.find(l);
    double cheapest = std::numeric_limits<double>::infinity();
    for (size_t c = 0; c < costs.candidates_lc[l].size(); ++c) {
      const bool stays = dropped == all_dropped.end() || !dropped->second.contains(c);
      if (stays) cheapest = std::min(cheapest, costs.candidates_lc[l][c]);
    }
    least = costs.Join(least, cheapest);
  }
  return least;
}

}  // namespace

double LargestCost(const SearchConfig& config) { return SearchBand(config).high; }

double LeastCost(const SearchConfig& config) { return SearchBand(config).low; }

CostBand BandOf(const SearchConfig& config) { return {LeastCost(config), LargestCost(config)}; }

void CheckBudget(const SearchConfig& config, const CostTable& costs) {
  const std::string range =
      "the space's networks cost " + CostText(costs.Least(), costs) + " to " + CostText(costs.Most(), costs);
  if (costs.Least() > LargestCost(config)) {
    throw ConfigError("search.budget: no network costs at most " + CostText(LargestCost(config), costs) +
                      " (search.budget_max); " + range + ". Raise search.budget or use another space");
  }
  if (config.budget.value > costs.Most()) {
    log::warn("search.budget {} is above the cost of every network: {}", CostText(config.budget.value, costs), range);
  }
}

LayerCandidates KeepWithinBudget(LayerCandidates& dropped, const CostTable& costs, const NetworkScores& scores,
                                 double largest_cost) {
  LayerCandidates kept;
  if (LeastAfter(costs, dropped) <= largest_cost) return kept;
  const std::vector<size_t> network = scores.pair_lcd.empty()
                                          ? BestWithin(costs, scores.score_lc, largest_cost)
                                          : BestNetworks(costs, scores, {costs.Least(), largest_cost}, 1).front();
  for (size_t l = 0; l < network.size(); ++l) {
    const auto here = dropped.find(l);
    if (here == dropped.end() || here->second.erase(network[l]) == 0) continue;
    kept[l].insert(network[l]);
    if (here->second.empty()) dropped.erase(here);
  }
  return kept;
}

}  // namespace danas
