// Several limits on what a network costs at once - multiply-accumulates, parameters, milliseconds, bytes: whether they
// can be met together, and which networks do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "danas/cost/cost_band.h"
#include "danas/cost/cost_model.h"

namespace danas {

struct CostLimit {
  CostTable costs;  // all limits' of one space
  double most = 0;  // inclusive
};

bool MeetsAll(const std::vector<CostLimit>& limits, const std::vector<size_t>& network);

// The least and the highest cost by limits[which].costs among the networks that meet all the other limits; none where
// these cannot be met together. Exact: a dynamic programme over the layers that keeps every undominated partial
// network (Nemhauser and Ullmann 1969). At most three limits on sums and any number on greatest costs
// (CostFold::kMax), which each candidate keeps by itself; std::invalid_argument for more. Throws ConfigError where a
// space has too many such partial networks.
std::optional<CostBand> ReachableCosts(const std::vector<CostLimit>& limits, size_t which);

// Different networks of the band that meet all limits, `count` at most: every one where there are no more that a walk
// finds; else half of them those of the highest total score_lc[layer][candidate] and half drawn with probabilities
// proportional to exp(total), by the stream ("limited", draw) of the seed. In lexicographic order. Empty where none was
// found, which with limits that few networks meet does not prove that there is none.
std::vector<std::vector<size_t>> NetworksWithin(const CostTable& costs, const CostBand& band,
                                                const std::vector<CostLimit>& limits,
                                                const std::vector<std::vector<double>>& score_lc, size_t count,
                                                int64_t seed);

}  // namespace danas
