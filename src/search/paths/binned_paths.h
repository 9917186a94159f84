// search.paths binned: one path, uniform over costs where `uniform` is so over networks, which crowd around the mean
// cost. The band is cut into equal bins; one of those that hold networks is drawn, then one of its networks, each as
// likely. Seven, as in the public code of Single Path One-Shot (megvii-model/SinglePathOneShot, src/Supernet/train.py:
// 290 to 360 MFLOPs in steps of 10). That code draws up to 500 networks until one lies in the bin and then takes any;
// here one of the bin is drawn outright. A bin holds both its ends, as there.
#pragma once

#include <vector>

#include "danas/cost/band_sampler.h"
#include "danas/search/paths/paths.h"

namespace danas {

inline constexpr int kCostBins = 7;

// Of the band's part that the networks' costs span; the first and the last reach on to its ends.
std::vector<CostBand> CostBins(const CostTable& costs, const CostBand& band);

class BinnedPaths : public Paths {
 public:
  BinnedPaths(const SearchConfig& config, const CostTable& costs);

  WeightDraw Draw(const DrawNumber& number, const ArchParameters& alpha, const RelaxationConfig& relaxation,
                  at::Device device) const override;
  std::vector<std::vector<double>> Probabilities() const override;

 private:
  std::vector<BandSampler> samplers_;  // of the bins that hold networks
};

}  // namespace danas
