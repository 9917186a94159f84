// Algorithm 1's ranking of candidates: after each schedule step those with the lowest softmax(α), or of another score,
// are dropped.
// pruning_decision.h makes a pruning of it.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <vector>

#include "danas/arch/space.h"
#include "danas/config/search_config.h"

namespace danas {

using LayerCandidates = std::map<size_t, std::set<size_t>>;  // layer -> candidates

// Candidates of one layer that stay or go as one.
struct RankedGroup {
  size_t layer = 0;
  std::vector<size_t> candidates;
  double rank = 0;         // the lowest go first
  bool must_stay = false;  // it holds the best candidate
};

// Each layer's groups in the order of their first candidates, ranked by ln softmax(α) of the candidates together, or by
// the best of them where the score is another. None of layers with one candidate.
std::vector<RankedGroup> RankGroups(const SearchSpace& space, const std::vector<std::vector<double>>& value_lc,
                                    PruningGranularity granularity, PruningScore score = PruningScore::kAlpha);

// How many of `groups` go in each layer, or under key 0 in all together where the scope is global.
std::map<size_t, size_t> CountsToDrop(const std::vector<RankedGroup>& groups, const PruningConfig& config);

// Whether `a` goes before `b`: the lower rank, among equals the higher index.
bool GoesBefore(const RankedGroup& a, const RankedGroup& b);

// Of every layer's n candidates round(ratio * n) go (half up by default), at least one stays, the argmax is never among
// them, ties fall to the higher index. 6 candidates: 4, 2, 1 left after three prunings at 0.4.
// Granularity block or operator: n counts the layer's blocks (operators), each as likely as its candidates together.
// Scope global: n counts the candidates of all layers that have a choice, and the least likely of all go.
LayerCandidates ChooseWeakest(const SearchSpace& space, const std::vector<std::vector<double>>& value_lc,
                              const PruningConfig& config);

// The highest α, the first among equals.
size_t ArgMax(const std::vector<double>& alpha_c);

}  // namespace danas
