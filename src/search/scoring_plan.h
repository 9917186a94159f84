// What a plan says of scores: for prunings that do not go by α, and for the final choice.
#pragma once

#include "danas/cost/cost_model.h"
#include "danas/easiness/search_plan.h"
#include "danas/search/make_plan.h"
#include "plan_basis.h"

namespace danas {

// What the pruning at the end of a phase scores at most, of the space that the phase has: fills in its part of `plan`.
void PlanScoring(const PlanBasis& basis, const SearchSpace& space, const ClassCounts& counts, PhasePlan& plan);

// `costs`: of the whole space. `left`: as many candidates as the prunings leave; which, is not known.
FinalPlan PlanFinal(const PlanBasis& basis, const SearchPlan& plan, const CostTable& costs, const SearchSpace& left,
                    const ClassCounts& counts);

}  // namespace danas
