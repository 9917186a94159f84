// Algorithm 1's pruning: after each schedule step the candidates with the lowest softmax(α) are dropped.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <vector>

#include "danas/arch/space.h"
#include "danas/config/search_config.h"

namespace danas {

// How a layer was cut: the α of the weakest candidate that stays against the strongest that goes.
struct LayerCut {
  size_t layer = 0;
  size_t last_kept = 0;  // candidates
  size_t first_dropped = 0;
  double gap = 0;  // α of the one less α of the other; can be negative where whole blocks go, or over all layers
};

struct Pruning {
  std::map<size_t, std::set<size_t>> dropped;  // layer -> candidates
  std::vector<LayerCut> cuts;                  // of the layers in `dropped`
};

// Of every layer's n candidates round(ratio * n) go (half up by default), at least one stays, the argmax is never among
// them, ties fall to the higher index. 6 candidates: 4, 2, 1 left after three prunings at 0.4.
// Granularity block or operator: n counts the layer's blocks (operators), each as likely as its candidates together.
// Scope global: n counts the candidates of all layers that have a choice, and the least likely of all go.
Pruning ChoosePruning(const SearchSpace& space, const std::vector<std::vector<double>>& alpha_lc,
                      const PruningConfig& config);

std::vector<LayerCut> Cuts(const std::map<size_t, std::set<size_t>>& dropped,
                           const std::vector<std::vector<double>>& alpha_lc);

// The highest α, the first among equals.
size_t ArgMax(const std::vector<double>& alpha_c);

}  // namespace danas
