// The networks of a space whose costs lie in a band: how many, and each.
#pragma once

#include <cstddef>
#include <vector>

#include "danas/cost/cost_band.h"
#include "danas/cost/cost_model.h"

namespace danas {

// Exact in spaces of at most 2^20 networks, where the greatest cost counts (CostFold::kMax), and where all costs are
// whole multiples of one step of which 2^15 span the space (up to 2^53; beyond, to one part in 10^14). Else it counts
// the networks that surely lie in the band: those within a step a layer of its ends may be missing. 0 where there is
// none.
double CountNetworks(const CostTable& costs, const CostBand& band);

// Every network of the band, one candidate for each layer, in lexicographic order. Throws ConfigError where there are
// more than `most`.
std::vector<std::vector<size_t>> AllNetworks(const CostTable& costs, const CostBand& band, size_t most);

}  // namespace danas
