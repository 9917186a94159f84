// Algorithm 1's pruning after a phase: what goes, what stays for the budget or for want of evidence, and how sure each
// cut is.
#pragma once

#include <optional>
#include <vector>

#include "danas/config/search_config.h"
#include "danas/cost/cost_model.h"
#include "danas/search/candidate_scores.h"
#include "danas/search/pruner.h"

namespace danas {

// Cuts above this many standard errors are more than noise.
inline constexpr double kClearZ = 2;

// How a layer was cut: the weakest candidate that stays by its rank against the strongest that goes. Of groups of
// candidates (blocks, operators) the best stands for all.
struct LayerCut {
  size_t layer = 0;
  size_t last_kept = 0;  // candidates
  size_t first_dropped = 0;
  double gap = 0;  // value of the one less the other's, α or nats; negative where the budget decides so
  std::optional<double> total_gap;  // where the budget is known: of the totals of the best networks with each
  // The evidence that the first is better: CandidateScores::z of the two, or, where pruning.budget is aware, of the
  // best networks with the one and with the other. None where no network of the budget has the second.
  std::optional<double> z;
  bool conflict = false;  // the evidence speaks against the order by value, or by the total where the budget is known

  bool clear() const { return !z || *z >= kClearZ; }
};

struct Pruning {
  LayerCandidates dropped;
  LayerCandidates kept_for_budget;  // that the rule would have dropped
  LayerCandidates put_off;          // that it would have dropped too, on too little evidence
  std::vector<LayerCut> cuts;       // of the layers in `dropped`
  double networks_in_band = 0;      // that are left
};

// Whether so many of `cuts` cuts are clear that noise alone would do it in fewer than one of twenty prunings.
bool MoreClearThanNoise(size_t clear, size_t cuts);

// Budget blind: the weakest go (pruner.h), those without enough evidence are put off, and what the best network
// within LargestCost() needs stays if there would be none left.
// Budget aware: one by one the candidate (or group) goes whose best network in BandOf() has the lowest Σ ln softmax(α),
// as many as the blind rule counts; what is left is ranked again each time. The candidates of the best network stay,
// and those without which fewer than `least_networks` would be left. None goes in the place of one that stays so.
// Throws ConfigError where no network of the space is in the band.
Pruning DecidePruning(const SearchSpace& space, const CandidateScores& scores, const CostTable& costs,
                      const SearchConfig& config);

// What a search's prunings need. Throws ConfigError, with the reachable range, where they are aware of the budget and
// no network of the space is in BandOf(), or fewer than `least_networks` are; and where `paths` are no more than there
// are effects of candidates to tell.
void CheckPruning(const SearchConfig& config, const CostTable& costs);

}  // namespace danas
