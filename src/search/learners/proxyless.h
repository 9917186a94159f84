// ProxylessNAS's gradient: forward computes one candidate i, o_i, and α learns as if the mix had been computed,
// ∂L/∂a_i = sum over j of d_j p_j (δ_ij - p_i) with d_k = <∂L/∂y, o_k> and p = softmax(α), without noise or τ. Draws
// come from DrawStream("proxyless").
#pragma once

#include "danas/search/learners/learner.h"

namespace danas {

// Gates `full`: i ~ p, and all candidates are computed for d. The expected cost is over p.
class FullGatesLearner : public Learner {
 public:
  Draw DrawFor(const ArchParameters& alpha, const DrawNumber& number, double temperature,
               at::Device device) const override;
};

// Gates `two`: of each layer two candidates are drawn without replacement by p, and i of these by q, the softmax of
// their α. These two alone are computed, and the formula is theirs, with q for p. The expected cost is that over p; its
// gradient is q's too, so that loss and cost weigh as much against each other as with all candidates.
class TwoGatesLearner : public Learner {
 public:
  Draw DrawFor(const ArchParameters& alpha, const DrawNumber& number, double temperature,
               at::Device device) const override;

  // Moves the pairs' α alone, with their moments, and shifts each pair so that the sum of its e^α, and with it the
  // probability of every other candidate, stays as it was.
  void Step(ArchParameters& alpha, const SearchConfig& config, const DrawNumber& number) const override;

  double Computes(double candidates) const override { return candidates < 2 ? candidates : 2; }
};

}  // namespace danas
