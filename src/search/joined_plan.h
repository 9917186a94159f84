// The plan of a search for several budgets, from those of searches for each.
#pragma once

#include <vector>

#include "danas/config/config.h"
#include "danas/cost/cost_model.h"
#include "danas/easiness/search_plan.h"

namespace danas {

// Weight steps are those of one search, of the budgets in turn; α passes, scoring and final choices are those of all
// together, or fewer where budgets share networks. `alone`: as a search for each budget would have it. `parameters`: of
// the whole space. Times are left out.
SearchPlan JoinPlans(const Config& config, const std::vector<SearchPlan>& alone, const CostTable& parameters);

}  // namespace danas
