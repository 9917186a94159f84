// Evidence for and against candidates, in units of its own error: sums over the gradients of α. Where α ends depends on
// the optimiser: Adam moves α about as far on noise as on a small true difference. The gradients' mean over their
// spread says which of the two it was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "danas/run/run_state.h"

namespace danas {

// That in a layer one candidate is better than another.
struct Claim {
  size_t layer = 0;
  size_t better = 0;
  size_t worse = 0;
};

class GradientTrace {
 public:
  // The gradients of one α step, [layer][candidate], of the same shape in every step; finite.
  void Record(const std::vector<std::vector<double>>& gradient_lc);

  int64_t steps() const { return steps_; }

  // Steps before the first that was recorded, of which nothing is known: 0 but after MissSteps().
  int64_t missed() const { return missed_; }
  void MissSteps(int64_t steps) { missed_ = steps; }

  // z = Σd / √Σd², where d is a step's gradient of the worse less that of the better: how many standard errors the
  // claim stands above noise. Nearly standard normal where neither is better; |z| is at most √steps. 0 where no step
  // distinguished them.
  double Z(const Claim& claim) const;

  // The same of the claims of several layers together, as if their noise were independent: each layer has its own
  // draws.
  double Z(const std::vector<Claim>& claims) const;

  // Root mean square of z over all pairs of a layer's candidates that a step distinguished: about 1 where all is noise.
  // 0 where there is no such pair.
  double RootMeanSquare() const;

  void Describe(StateFields& fields);

 private:
  struct Sums {
    double difference = 0;
    double square = 0;
  };
  Sums SumsOf(const Claim& claim) const;

  int64_t steps_ = 0;
  int64_t missed_ = 0;
  std::vector<std::vector<double>> sum_lc_;     // Σg
  std::vector<std::vector<double>> square_lp_;  // Σ(g_i - g_j)² of the pairs (0, 1), (0, 2), ... (1, 2), ... of a layer
};

}  // namespace danas
