// The plan of a search, for people and for programs.
#pragma once

#include <string>

#include "danas/core/json.h"
#include "danas/easiness/search_plan.h"

namespace danas {

// Two tables of one row a phase (what is learnt, what it takes), at most 80 columns wide, between what holds for all.
std::string PlanText(const SearchPlan& plan);

// The plan's fields by their names; "seconds" are null without a probe.
Json PlanJson(const SearchPlan& plan);

// 7776 -> "7,776", 2e26 -> "10^26", where digits would say nothing.
std::string NetworksText(double networks);

}  // namespace danas
