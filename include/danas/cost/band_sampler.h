// Random networks of a given cost: the fair baseline for a search's result, and the paths that train a supernet within
// its budget.
#pragma once

#include <vector>

#include "danas/core/random.h"
#include "danas/cost/cost_band.h"
#include "danas/cost/cost_model.h"

namespace danas {

// Draws networks of a space whose costs lie in a band. Networks are counted by the sum of their layers' costs in steps:
// the greatest step that divides all differences where 2^15 steps span the space, which is exact; else coarser ones,
// where draws outside the band are drawn again, so that the distribution is the same. Where the greatest cost counts
// (CostFold::kMax) it is exact always: a layer keeps to the band, and one of them at least reaches its lower end.
class BandSampler {
 public:
  // A network's probability is proportional to the product of weight_lc[layer][candidate] over its candidates; without
  // weights uniform over the networks. Weights are finite and not negative; std::invalid_argument where they or their
  // shape are not. Throws ConfigError, with the reachable range, where no network (of a weight above 0) lies in the
  // band.
  BandSampler(const CostTable& costs, const CostBand& band, std::vector<std::vector<double>> weight_lc = {});

  // One candidate for each layer. Throws ConfigError where the band is so thin that a million draws miss it.
  std::vector<size_t> Draw(RandomStream& stream) const;

  // The probability of each candidate, [layer][candidate]; where costs are not whole steps, of the draws before those
  // outside the band are left out.
  std::vector<std::vector<double>> Probabilities() const;

 private:
  CostTable costs_;
  CostBand band_;
  std::vector<std::vector<double>> weight_lc_;
  std::vector<std::vector<size_t>> steps_lc_;        // above each layer's least
  std::vector<std::vector<double>> completions_ls_;  // [layer][steps spent before it]: weight of all ways to continue
};

// One uniform draw.
std::vector<size_t> SampleNetworkWithin(const CostTable& costs, double low, double high, RandomStream& stream);

}  // namespace danas
