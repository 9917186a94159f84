// search.paths fair: m paths a step, m the number of candidates of the layer that has most. Strictly fair (FairNAS):
// each candidate of a layer of n is in m / n of them, rounded up or down where n does not divide m. The paths of a
// group cost m times the even mix together, so that a band that does not hold the even mix's cost allows no such group;
// of costs whose greatest counts (memory), one above which any candidate lies, or whose lower end fewer than m
// candidates of a group reach. Then, and where none is found, paths are drawn one by one with EvenWeights(), under
// which the candidates' probabilities are as even as the band allows.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "danas/core/random.h"
#include "danas/cost/band_sampler.h"
#include "danas/search/paths/paths.h"

namespace danas {

class FairPaths : public Paths {
 public:
  FairPaths(const SearchConfig& config, const CostTable& costs);

  WeightDraw Draw(const DrawNumber& number, const ArchParameters& alpha, const RelaxationConfig& relaxation,
                  at::Device device) const override;
  std::vector<std::vector<double>> Probabilities() const override;
  bool may_be_strict() const override { return may_be_strict_; }

 private:
  PathGroup DrawGroup(RandomStream& stream) const;
  std::optional<std::vector<std::vector<size_t>>> DrawStrictlyFair(RandomStream& stream) const;
  std::vector<std::vector<size_t>> Assignment(RandomStream& stream) const;
  bool MoveIntoBand(std::vector<std::vector<size_t>>& paths, RandomStream& stream) const;
  bool SumsMayFit() const;
  bool ReachesMayFit() const;
  double CostAfter(double before, double change, const std::vector<size_t>& path) const;

  CostTable costs_;
  size_t most_candidates_;
  std::optional<CostBand> band_;        // none: any network
  std::optional<BandSampler> sampler_;  // with a band
  bool may_be_strict_ = false;
};

}  // namespace danas
