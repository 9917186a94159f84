// What scoring a branch's networks and training its finalists share: the images, the part of the run's progress that
// each takes, the clock and the checkpoints.
#pragma once

#include <chrono>
#include <string>

#include "choice.h"
#include "danas/search/score.h"

namespace danas {

class ScoringWork {
 public:
  explicit ScoringWork(const TrainedBranch& trained);

  // How much of a branch's choice is done: so many of its networks are scored, and this share of its finalists.
  struct Done {
    double networks = 0;
    double finalists = 0;
  };

  const TrainedBranch& trained() const { return trained_; }
  const Config& config() const { return trained_.inputs.config; }
  Branch& branch() const { return trained_.branch(); }
  const ScoringSets& sets() const { return sets_; }

  void SetNetworks(double networks) { to_score_ = networks; }  // to score in all
  double networks() const { return to_score_; }

  PartOfRun Part(const Done& from, const Done& to) const;  // branches count alike
  std::string LabelOf(const std::string& what) const;
  void KeepIfDue() const;
  double TakeSeconds();  // since they were last taken, or this began

 private:
  TrainedBranch trained_;
  ScoringSets sets_;
  double to_score_ = 1;
  std::chrono::steady_clock::time_point taken_ = std::chrono::steady_clock::now();
};

}  // namespace danas
