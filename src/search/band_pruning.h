// Pruning that knows the budget: candidates ranked by the best network of the band that holds them.
#pragma once

#include <optional>
#include <vector>

#include "danas/cost/cost_band.h"
#include "danas/cost/cost_model.h"
#include "danas/cost/network_scores.h"
#include "danas/search/pruner.h"

namespace danas {

// A space's costs and scores after some of its candidates were dropped, with their places before.
struct LeftOver {
  CostTable costs;
  NetworkScores scores;
  std::vector<std::vector<size_t>> place_lc;
};

LeftOver Without(const CostTable& costs, const NetworkScores& scores, const LayerCandidates& dropped);

struct BandPruning {
  LayerCandidates dropped;
  LayerCandidates kept;             // for want of networks
  std::vector<RankedGroup> groups;  // ranks: those that stay, when all was over; those that go, when they went
};

// As DecidePruning() says. `groups`: all of the space's; their ranks are of no account.
BandPruning PruneWithinBand(std::vector<RankedGroup> groups, const CostTable& costs, const NetworkScores& scores,
                            const CostBand& band, const PruningConfig& config);

// The best network of the band that has one of the group's candidates and none of `dropped`, as places of the whole
// space; none where there is no such network.
std::optional<std::vector<size_t>> BestNetworkWith(const RankedGroup& group, const LayerCandidates& dropped,
                                                   const CostTable& costs, const NetworkScores& scores,
                                                   const CostBand& band);

}  // namespace danas
