#include "danas/search/paths/path_totals.h"

#include <algorithm>

namespace danas {

void PathTotals::Add(const PathGroup& group, const CostTable& costs) {
  for (const std::vector<size_t>& path : group.paths) {
    const double cost = costs.OfNetwork(path);
    least_cost = paths == 0 ? cost : std::min(least_cost, cost);
    most_cost = paths == 0 ? cost : std::max(most_cost, cost);
    cost_sum += cost;
    ++paths;
  }
  ++groups;
  if (group.strictly_fair) ++strictly_fair;
}

void Describe(StateFields& fields, PathTotals& totals) {
  auto& [groups, strictly_fair, paths, cost_sum, least_cost, most_cost] = totals;
  fields.Value("groups", groups);
  fields.Value("strictly_fair", strictly_fair);
  fields.Value("paths", paths);
  fields.Value("cost_sum", cost_sum);
  fields.Value("least_cost", least_cost);
  fields.Value("most_cost", most_cost);
}

}  // namespace danas
