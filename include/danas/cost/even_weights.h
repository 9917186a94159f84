// Weights of candidates with which paths drawn from a band of costs train every candidate as evenly as the band allows.
#pragma once

#include <vector>

#include "danas/cost/cost_band.h"
#include "danas/cost/cost_model.h"

namespace danas {

// The shares that paths of mean cost `mean_cost` can give the candidates, as evenly as may be: [layer][candidate], each
// layer's sum to 1. Even (1 / n each) where that is the even mix's own cost; else those that maximise the sum over
// layers of their mean ln share, subject to the mean cost (proportional fairness: no candidate's share can rise without
// others falling by more in sum of percentages). Candidates that `usable_lc` rules out get 0; each layer has one at
// least. Where `mean_cost` is out of reach they are those of the cheapest or the most expensive usable network, to one
// part in a million. Of costs that are summed; std::invalid_argument for others.
std::vector<std::vector<double>> FairShares(const CostTable& costs, const std::vector<std::vector<bool>>& usable_lc,
                                            double mean_cost);

// BandSampler's weight_lc under which its draws give the candidates FairShares(), or come nearest to it, with the
// highest entropy of all distributions over the band's networks that do. The mean cost is the even mix's own, where it
// lies in the middle half of the band, else the nearest end of that half: a mean at the very edge would leave the
// networks there alone. Fitted by iterative proportional fitting (Deming & Stephan 1940), all layers at once, half a
// step in logarithms each round, to 1 % of every share or for 200 rounds; the most even round is returned, so that
// draws are never less even than unweighted ones. In spaces of more than 2^20 networks costs are rounded to 2^-12 of
// their span for it. Where the greatest cost counts (CostFold::kMax), candidates above the band have no share, and
// every network has one at least that reaches the lower end. The fair shares are then those whose mean number of such
// candidates in a network is the even mix's own, or half-way from 1 to that of unweighted draws, if that is more.
// Each layer's greatest weight is 1. Throws ConfigError, as BandSampler does, where the band is
// empty.
std::vector<std::vector<double>> EvenWeights(const CostTable& costs, const CostBand& band);

// How even shares are: the mean over layers of mean ln (share * n), over the candidates with a share. 0: even; else
// below.
double Evenness(const std::vector<std::vector<double>>& share_lc);

}  // namespace danas
