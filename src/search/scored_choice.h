// The final choice by scores: search/final_scores.h says what, this does it.
#pragma once

#include <chrono>
#include <cstddef>
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

  // Scores networks, then finalists. Throws as SubnetScorer and BatchPass do; Interrupted between networks.
  FinalChoice Choose();

 private:
  // How much of a branch's choice is done: so many of its networks are scored, and this share of its finalists.
  struct Done {
    double networks = 0;
    double finalists = 0;
  };

  void ScoreNetworks();
  void ScoreList(const std::vector<std::vector<size_t>>& networks);
  void ScoreByEvolution();
  void ScoreOneChunk(const SubnetScorer& scorer, const std::vector<std::vector<size_t>>& chunk,
                     const std::string& label);
  std::vector<std::vector<size_t>> Finalists() const;  // the best of the networks scored
  void ScoreFinalists();
  SubnetScore ScoreFinalist(const std::vector<size_t>& choice, int64_t number, int64_t count);
  // Returns its MACs forward.
  double TrainFinalist(Supernet& network, const std::string& label, const PartOfRun& part) const;
  PartOfRun Part(const Done& from, const Done& to) const;  // branches count alike
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
