// How surely a pruning told candidates apart: the paths of α over the last quarter of a phase's steps.
#pragma once

#include <cstdint>
#include <vector>

#include "danas/train/run_state.h"

namespace danas {

class AlphaTrace {
 public:
  // `steps`: of the whole phase.
  explicit AlphaTrace(int64_t steps) : first_kept_(steps - (steps + 3) / 4) {}

  // α after a step, [layer][candidate]; kept in the last quarter.
  void Record(const std::vector<std::vector<double>>& alpha_lc);

  void Describe(StateFields& fields);

  // Of the difference between two α of a layer, by the method of batch means (steps follow each other closely, so that
  // their plain standard error would be far too small): the standard error of the mean of up to 8 blocks' means. 0 with
  // fewer than two steps.
  double StandardError(size_t layer, size_t candidate, size_t other) const;

 private:
  int64_t first_kept_;
  int64_t seen_ = 0;
  std::vector<std::vector<std::vector<double>>> alpha_slc_;  // [step][layer][candidate]
};

}  // namespace danas
