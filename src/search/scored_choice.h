// The last choice by scores: search/final_scores.h says what, this does it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

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
  using ShareOfRun = std::function<double(double share)>;

  void ScoreNetworks();
  void ScoreList(const std::vector<std::vector<size_t>>& networks);
  void ScoreByEvolution();
  void ScoreOneChunk(const SubnetScorer& scorer, const std::vector<std::vector<size_t>>& chunk,
                     const std::string& label);
  void ScoreFinalists();
  SubnetScore ScoreFinalist(const std::vector<size_t>& choice, int64_t number, int64_t count);
  // Returns its MACs forward.
  double TrainFinalist(Supernet& network, const std::string& label, const ShareOfRun& share_of_run) const;
  // With so many networks scored, and this share of the finalists done.
  double RunShare(double networks, double finalists) const;
  void KeepIfDue();
  double TakeSeconds();  // since they were last taken, or this began

  const SearchInputs& inputs_;
  const SearchCourse& course_;
  SearchRun& run_;
  ProgressSink* progress_;
  CheckpointKeeper* keeper_;
  std::shared_ptr<Supernet> supernet_;  // that networks are scored with
  ScoredField field_;
  ScoringSets sets_;
  double to_score_ = 1;  // networks
  std::chrono::steady_clock::time_point taken_ = std::chrono::steady_clock::now();
};

}  // namespace danas
