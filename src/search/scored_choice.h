// The last choice by scores: search/final_scores.h says what, this does it.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "danas/search/final_choice.h"
#include "danas/search/final_scores.h"
#include "danas/search/score.h"
#include "danas/search/search_loop.h"
#include "danas/search/search_run.h"
#include "phase_training.h"

namespace danas {

class ScoredChoice {
 public:
  // Of run.state.branches[branch], where its final_scores stand. `inputs`: with the branch's budget. All ranks make one
  // and call it alike.
  ScoredChoice(const SearchInputs& inputs, const SearchCourse& course, SearchRun& run, size_t branch,
               ProgressSink* progress, CheckpointKeeper* keeper);

  // Scores networks, then finalists. Throws as SubnetScorer and RunPass() do; Interrupted between networks.
  FinalChoice Choose();

 private:
  using ShareOfRun = std::function<double(double share)>;

  void ScoreNetworks();
  void ScoreList(const std::vector<std::vector<size_t>>& networks);
  void ScoreByEvolution();
  void ScoreOneChunk(const SubnetScorer& scorer, const std::vector<std::vector<size_t>>& chunk,
                     const std::string& label);
  std::vector<std::vector<size_t>> Finalists() const;  // the best of the networks scored
  void ScoreFinalists();
  SubnetScore ScoreFinalist(const std::vector<size_t>& choice, int64_t number, int64_t count);
  // Returns its MACs forward.
  double TrainFinalist(Supernet& network, const std::string& label, const ShareOfRun& share_of_run) const;
  // With so many networks of the branch scored, and this share of its finalists done. Branches count alike.
  double RunShare(double networks, double finalists) const;
  std::string LabelOf(const std::string& what) const;
  void KeepIfDue();
  double TakeSeconds();  // since they were last taken, or this began

  const SearchInputs& inputs_;
  const SearchCourse& course_;
  SearchRun& run_;
  Branch& branch_;
  ProgressSink* progress_;
  CheckpointKeeper* keeper_;
  std::shared_ptr<Supernet> supernet_;  // that the branch's networks are scored with
  size_t branch_number_;
  ScoredField field_;
  // Networks of the run's supernet that branches before this one have scored, and where their scores stand.
  struct ScoreBefore {
    size_t branch = 0;
    size_t place = 0;
  };
  std::map<std::vector<size_t>, ScoreBefore> scored_before_, finalists_before_;
  ScoringSets sets_;
  double to_score_ = 1;  // networks
  std::chrono::steady_clock::time_point taken_ = std::chrono::steady_clock::now();
};

}  // namespace danas
