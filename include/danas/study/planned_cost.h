// What a study will take, before it runs: multiply-accumulates of its searches by the plans of `danas search`, and of
// its trainings, and the hours of the devices that the study's file names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "danas/core/json.h"
#include "danas/study/plan.h"

namespace danas {

// Of one arm, forward and backward.
struct ArmCost {
  int64_t searches = 0;
  double search_macs = 0;  // of all of them
  int64_t trainings = 0;
  double training_macs = 0;  // of all of them, each network as expensive as its budget; NaN where that is not in MACs

  double All() const { return search_macs + training_macs; }
  double EachSearch() const { return searches > 0 ? search_macs / static_cast<double>(searches) : 0; }
};

// One for each arm. Each different search is planned once, by `program` (danas) without its dataset, which costs half a
// second. The study has a StudyCost. Throws ConfigError, which names the step, where a plan fails: what danas prints
// about it has gone to standard error.
std::vector<ArmCost> PlanCosts(const Study& study, const StudyPlan& plan, const std::filesystem::path& program);

// A table, and what is not in it; as JSON [{arm, searches, search_macs, trainings, training_macs, hours}], where what
// is not known is null.
std::string CostsText(const std::vector<ArmCost>& costs, const Study& study);
Json ToJson(const std::vector<ArmCost>& costs, const Study& study);

}  // namespace danas
