// The costs that a search's network may have, and whether the weights' paths keep to them.
#pragma once

#include "danas/config/search_config.h"
#include "danas/cost/cost_band.h"

namespace danas {

// [search.budget_min, search.budget_max]; 0.95 T and 1.02 T where they are 0.
inline CostBand SearchBand(const SearchConfig& config) {
  return {.low = config.budget_min.value > 0 ? config.budget_min.value : 0.95 * config.budget.value,
          .high = config.budget_max.value > 0 ? config.budget_max.value : 1.02 * config.budget.value};
}

// Single paths that are drawn by themselves; where α draws them they cost what it says.
inline bool FitABand(WeightPathKind kind) {
  return kind == WeightPathKind::kUniform || kind == WeightPathKind::kFair || kind == WeightPathKind::kBinned;
}

// Single paths are to stay within the config's band.
inline bool PathsKeepBand(const SearchConfig& config) { return config.paths_band && FitABand(config.paths); }

}  // namespace danas
