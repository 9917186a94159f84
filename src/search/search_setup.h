// What is around Algorithm 1's loop: its start, what it reports, and its end.
#pragma once

#include <cstddef>
#include <vector>

#include "danas/search/search_loop.h"
#include "danas/search/search_run.h"
#include "phase_training.h"
#include "search_events.h"

namespace danas {

// Split, ranking, phases and steps; every check that needs no training. Throws as RunSearch() does.
SearchCourse PlanCourse(const SearchInputs& inputs);

// For `space`, which is what is left of the inputs' at some moment.
SearchState MakeState(const SearchInputs& inputs, const SearchCourse& course, const SearchSpace& space);

// What sub-networks are scored with: the state's supernet or, with search.scoring.ema, one that holds the running
// average of its weights over all steps. A step of single paths moves few weights; the others' averages go on towards
// what they are, so that each is a mean over time.
std::shared_ptr<Supernet> SupernetToScore(const SearchInputs& inputs, const SearchState& state);

// A search at its start.
SearchRun MakeRun(const SearchInputs& inputs, const SearchCourse& course);

double LastRate(const SearchState& state);  // of the last weight step; 0 before the first

class SearchReport {
 public:
  SearchReport(const SearchInputs& inputs, const SearchOutputs& outputs) : inputs_(inputs), outputs_(outputs) {}

  void Start(const SearchCourse& course);

  void Epoch(const EpochReport& report, const SearchState& state);
  // Call before the space is cut.
  void Pruned(const Phase& phase, const Pruning& pruning, const CandidateScores& scores, const Branch& branch);
  // Writes space-<phase>.json, and of several branches each one's, too. `candidates_before`: the supernet's.
  void SpaceLeft(const Phase& phase, size_t candidates_before, const SearchState& state);
  void Scored(const FinalChoice& choice, const Branch& branch);
  // Writes best.json, or of several branches each one's, and weights.safetensors.
  SearchResult Finish(const std::vector<FinalChoice>& choices, const SearchCourse& course, const SearchState& state,
                      double seconds);
  void End(const SearchResult& result, const std::vector<FinalChoice>& choices, const SearchRun& run, double seconds);

 private:
  template <typename T>
  void Record(const T& event) {
    if (outputs_.metrics != nullptr) outputs_.metrics->Record(events::ToEvent(event));
  }
  FoundNetwork Found(const FinalChoice& choice, const SearchConfig& search, const Branch& branch) const;

  const SearchInputs& inputs_;
  const SearchOutputs& outputs_;
};

}  // namespace danas
