// Cost tables and searches over all networks, for small cases.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "danas/core/random.h"
#include "danas/cost/cost_model.h"

namespace danas::test {

// A table of `candidates` per layer; `cost` is asked for each entry.
inline CostTable MakeTable(const std::vector<size_t>& candidates, double fixed, const std::function<double()>& cost) {
  CostTable table{"MACs", fixed, {}};
  for (const size_t count : candidates) {
    std::vector<double>& costs = table.candidates_lc.emplace_back();
    for (size_t c = 0; c < count; ++c) costs.push_back(cost());
  }
  return table;
}

// Calls `visit` with every network's choice.
inline void ForEachNetwork(const CostTable& table, const std::function<void(const std::vector<size_t>&)>& visit) {
  std::vector<size_t> choice(table.candidates_lc.size());
  for (;;) {
    visit(choice);
    size_t l = 0;
    while (l < choice.size() && ++choice[l] == table.candidates_lc[l].size()) choice[l++] = 0;
    if (l == choice.size()) return;
  }
}

}  // namespace danas::test
