// The networks of a band of costs with the highest sums of scores, one score for each candidate of each layer and,
// where asked for, for each two candidates of neighbouring layers.
#pragma once

#include <cstddef>
#include <vector>

#include "danas/cost/cost_band.h"
#include "danas/cost/cost_model.h"
#include "danas/cost/network_scores.h"

namespace danas {

// Scores are finite, and shaped as costs.candidates_lc; ConfigError where they are not, and, with the reachable range,
// where no network lies in the band. Scores of pairs take as many times the work as a layer has candidates.

// The `count` networks of highest total score, best first; all of the band where it holds fewer. Best-first search, led
// by the exact best completion of every beginning (a dynamic programme over costs in 2^15 steps; where the greatest
// cost counts, over whether the band's lower end was reached, exactly). Scores are compared
// to 2^-50 of the largest total; among equal ones the order is fixed. Throws ConfigError where the band is so thin that
// the steps cannot resolve it.
std::vector<std::vector<size_t>> BestNetworks(const CostTable& costs, const std::vector<std::vector<double>>& score_lc,
                                              const CostBand& band, size_t count);
std::vector<std::vector<size_t>> BestNetworks(const CostTable& costs, const NetworkScores& scores, const CostBand& band,
                                              size_t count);

// Max-marginals: for each candidate the highest total score of a network in the band that contains it; minus infinity
// where no such network exists. Where costs are not whole steps, networks up to a step a layer outside the band count,
// too.
std::vector<std::vector<double>> MaxMarginals(const CostTable& costs, const std::vector<std::vector<double>>& score_lc,
                                              const CostBand& band);
std::vector<std::vector<double>> MaxMarginals(const CostTable& costs, const NetworkScores& scores,
                                              const CostBand& band);

}  // namespace danas
