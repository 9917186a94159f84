// Random networks of a band of costs, no two alike: what a search has to beat, and the source that final_source
// random scores.
#pragma once

#include <cstddef>
#include <vector>

#include "danas/core/random.h"
#include "danas/cost/cost_band.h"
#include "danas/cost/cost_model.h"

namespace danas {

// Drawn uniformly without replacement, in the order of the draws. The band holds at least `count` networks, else this
// does not end; one that holds hardly more takes about count · ln(count) draws. Throws as BandSampler does.
std::vector<std::vector<size_t>> RandomNetworks(const CostTable& costs, const CostBand& band, size_t count,
                                                RandomStream& stream);

}  // namespace danas
