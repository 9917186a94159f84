// The last choice by scores: search/final_scores.h says what, this does it.
#pragma once

#include "danas/search/final_choice.h"
#include "danas/search/final_scores.h"
#include "danas/search/score.h"
#include "danas/search/search_loop.h"
#include "danas/search/search_run.h"
#include "phase_training.h"

namespace danas {

class ScoredChoice {
 public:
  // Goes on where run.final_scores stands. All ranks make one and call it alike.
  ScoredChoice(const SearchInputs& inputs, const SearchCourse& course, SearchRun& run, ProgressSink* progress,
               CheckpointKeeper* keeper);

  // Scores networks, then finalists. Throws as SubnetScorer and RunPass() do; Interrupted between networks.
  FinalChoice Choose();

 private:
  void ScoreNetworks();
  void ScoreList(const std::vector<std::vector<size_t>>& networks);
  void ScoreByEvolution();
  void ScoreOneChunk(const SubnetScorer& scorer, const std::vector<std::vector<size_t>>& chunk,
                     const std::string& label);
  void ScoreFinalists();
  SubnetScore ScoreFinalist(const std::vector<size_t>& choice, int64_t number, int64_t count);
  void TrainFinalist(Supernet& network, const std::string& label) const;
  void KeepIfDue();

  const SearchInputs& inputs_;
  const SearchCourse& course_;
  SearchRun& run_;
  ProgressSink* progress_;
  CheckpointKeeper* keeper_;
  ScoredField field_;
  ScoringSets sets_;
};

}  // namespace danas
