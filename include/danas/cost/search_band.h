// The costs that a search's network may have.
#pragma once

#include "danas/config/search_config.h"
#include "danas/cost/cost_band.h"

namespace danas {

// [search.budget_min, search.budget_max]; 0.95 T and 1.02 T where they are 0.
inline CostBand SearchBand(const SearchConfig& config) {
  return {.low = config.budget_min.value > 0 ? config.budget_min.value : 0.95 * config.budget.value,
          .high = config.budget_max.value > 0 ? config.budget_max.value : 1.02 * config.budget.value};
}

}  // namespace danas
