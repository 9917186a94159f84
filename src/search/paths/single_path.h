// What the kinds of single paths have in common.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "danas/config/search_config.h"
#include "danas/core/random.h"
#include "danas/cost/cost_band.h"
#include "danas/cost/cost_model.h"
#include "danas/search/paths/paths.h"

namespace danas {

// The stream ("paths", draw), with a rank above 0 ("paths", draw, rank).
RandomStream PathStream(const DrawNumber& number);

// One forward pass for each path, unweighted.
WeightDraw DrawOf(PathGroup group);

// Every network alike.
std::vector<size_t> AnyPath(const CostTable& costs, RandomStream& stream);

// search.paths_band's band, or the part of it that these networks can keep, which is logged; none: any network.
std::optional<CostBand> BandLeft(const SearchConfig& config, const CostTable& costs);

}  // namespace danas
