// The second half of a final choice by scores: the best networks scored are trained on their own, where the config asks
// for it, and scored once more on more images.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "known_scores.h"
#include "scoring_work.h"

namespace danas {

class Finalists {
 public:
  // `supernet`: that the branch's networks are scored with.
  Finalists(ScoringWork& work, const KnownScores& before, const std::shared_ptr<Supernet>& supernet)
      : work_(work), before_(before), supernet_(supernet) {}

  // Adds to the branch's final_scores those that are not there yet.
  void Score();

 private:
  std::vector<std::vector<size_t>> Best() const;  // of the networks scored
  SubnetScore ScoreOne(const std::vector<size_t>& choice, int64_t number, int64_t count);
  // Returns its MACs forward.
  double Train(Supernet& network, const std::string& label, const PartOfRun& part) const;

  ScoringWork& work_;
  const KnownScores& before_;
  std::shared_ptr<Supernet> supernet_;
};

}  // namespace danas
