// What the final choice by scores chooses from: a band of costs, and which of its networks are scored.
#pragma once

#include <array>

#include "danas/config/search_config.h"
#include "danas/cost/cost_band.h"
#include "danas/cost/cost_model.h"

namespace danas {

// Which networks are scored.
enum class ScoredSource { kWholeBand, kBest, kEvolution, kRandom };
template <>
struct EnumNames<ScoredSource> {
  static constexpr std::array kNames = {"band", "best", "evolution", "random"};
};

struct ScoredField {
  CostBand band;  // [budget_min, budget_max]; from the cheapest on where no network of what is left reaches budget_min
  double networks = 0;  // in it
  ScoredSource source = ScoredSource::kWholeBand;
};

// `alpha_trained`: α had steps, so that it may say which networks are worth scoring.
ScoredField FieldOf(const SearchConfig& config, const CostTable& costs, bool alpha_trained);

}  // namespace danas
