// α learns through p = softmax(α / τ), without draws: every candidate is computed, and the loss's gradient is exact.
// "First order": the weights stand still while α moves (DARTS, ξ = 0).
#pragma once

#include "danas/search/learners/learner.h"

namespace danas {

class SoftmaxLearner : public Learner {
 public:
  // The expected cost is taken over p (`sampled`) or over softmax(α).
  explicit SoftmaxLearner(ExpectedCostOf cost) : cost_(cost) {}

  Draw DrawFor(const ArchParameters& alpha, const DrawNumber& number, double temperature,
               at::Device device) const override;

 private:
  ExpectedCostOf cost_;
};

}  // namespace danas
