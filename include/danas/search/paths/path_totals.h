// Single paths, one candidate of each layer: what a weight step draws of them, and what a pass has drawn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "danas/cost/cost_model.h"
#include "danas/run/run_state.h"

namespace danas {

// The paths of one weight step.
struct PathGroup {
  std::vector<std::vector<size_t>> paths;  // each a candidate for every layer
  bool strictly_fair = false;
};

// The paths of a weight pass, as they were drawn; with ranks.draws own those of rank 0.
struct PathTotals {
  int64_t groups = 0;
  int64_t strictly_fair = 0;  // of the groups
  int64_t paths = 0;
  double cost_sum = 0;
  double least_cost = 0;
  double most_cost = 0;

  void Add(const PathGroup& group, const CostTable& costs);
};

void Describe(StateFields& fields, PathTotals& totals);

}  // namespace danas
