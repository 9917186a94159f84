// Random networks of a given cost: the fair baseline for a search's result.
#pragma once

#include <vector>

#include "danas/core/random.h"
#include "danas/cost/cost_model.h"

namespace danas {

// One candidate for each layer, uniform over the networks of the space whose cost lies in [low, high]. Networks are
// counted by the sum of their layers' costs in steps: the greatest step that divides all differences where 2^15 steps
// span the space, which is exact; else coarser ones, where draws outside the band are drawn again, which is uniform
// too. Throws ConfigError, with the reachable range, where the band is empty or so thin that a million draws miss it.
std::vector<size_t> SampleNetworkWithin(const CostTable& costs, double low, double high, RandomStream& stream);

}  // namespace danas
