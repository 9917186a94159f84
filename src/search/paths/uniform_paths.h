// search.paths uniform: one path, every network alike: of the band, or of the space.
#pragma once

#include <optional>

#include "danas/cost/band_sampler.h"
#include "danas/search/paths/paths.h"

namespace danas {

class UniformPaths : public Paths {
 public:
  UniformPaths(const SearchConfig& config, const CostTable& costs);

  WeightDraw Draw(const DrawNumber& number, const ArchParameters& alpha, const RelaxationConfig& relaxation,
                  at::Device device) const override;
  std::vector<std::vector<double>> Probabilities() const override;

 private:
  CostTable costs_;
  std::optional<BandSampler> sampler_;  // with a band
};

}  // namespace danas
