// Algorithm 1's pruning: after each schedule step the candidates with the lowest softmax(α) are dropped.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "danas/arch/space.h"
#include "danas/config/search_config.h"

namespace danas {

struct Pruning {
  std::map<size_t, std::set<size_t>> dropped;  // layer -> candidates
  double closest_gap = 0;  // least α distance between a layer's last kept and first dropped candidate
  size_t closest_layer = 0;
};

// Of every layer's n candidates round(ratio * n) go (half up by default), at least one stays, the argmax is never among
// them, ties fall to the higher index. 6 candidates: 4, 2, 1 after three prunings at 0.4.
Pruning ChoosePruning(const SearchSpace& space, const std::vector<std::vector<double>>& alpha_lc,
                      const PruningConfig& config);

}  // namespace danas
