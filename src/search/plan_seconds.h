// The time that a planned search takes, from steps that were timed.
#pragma once

#include "danas/search/make_plan.h"

namespace danas {

// Into the plan's phases and its final choice. `whole`: the phase whose steps were timed, with the whole space.
void AddSeconds(const StepTimes& times, const PhasePlan& whole, SearchPlan& plan);

}  // namespace danas
