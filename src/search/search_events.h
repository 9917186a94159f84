// The events of a search (events/search_events.h), made from its values. What differs from run to run on one machine -
// times, memory - is under `timing` alone; all else is the same for the same seed, to the bit.
#pragma once

#include "danas/easiness/search_plan.h"
#include "danas/events/search_events.h"
#include "danas/search/architecture_pass.h"
#include "danas/search/choices/final_choice.h"
#include "danas/search/choices/final_scores.h"
#include "danas/search/pruning_decision.h"
#include "danas/search/search_loop.h"
#include "danas/search/search_run.h"
#include "danas/search/search_state.h"
#include "danas/search/paths/path_totals.h"

namespace danas {

events::SearchStart StartEvent(const SearchInputs& inputs, const SearchPlan& plan);

struct EpochReport {
  Phase phase;
  int64_t epoch = 0;  // of the phase, from 1
  double lr = 0;      // of the last step
  PassResult weights;
  std::vector<ArchitectureResult> architecture;  // of each branch, or none
  std::optional<PathTotals> paths;
};
events::SearchEpoch EpochEvent(const EpochReport& report, const SearchState& state);
events::Alpha AlphaEvent(const EpochReport& report, const Branch& branch, const SearchState& state);

// Call before the space is cut.
events::Pruning PruningEvent(const Phase& phase, const Pruning& pruning, const CandidateScores& scores,
                             const Branch& branch);

// What several branches leave of the supernet, whose space `left` is.
events::SupernetPruned SupernetEvent(const Phase& phase, size_t candidates_before, const SearchSpace& left);

// Without the budget's name.
events::FinalScores ScoresEvent(const ScoredField& field, const Branch& branch, const SearchConfig& search);
// For the log alone: best.json is not the place for a thousand numbers.
events::AllScored AllScoredOf(const Branch& branch);

events::SearchEnd EndEvent(const SearchResult& result, const std::vector<FinalChoice>& choices, const SearchRun& run,
                           double seconds);

// Names of the candidates `choice` takes, one a layer.
std::vector<std::string> ChoiceNames(const SearchSpace& space, const std::vector<size_t>& choice);

}  // namespace danas
