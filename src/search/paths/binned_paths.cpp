#include "binned_paths.h"

#include <algorithm>
#include <limits>

#include "danas/cost/band_count.h"
#include "single_path.h"

namespace danas {
namespace {

constexpr CostBand kAnyCost = {.low = 0, .high = std::numeric_limits<double>::infinity()};

}  // namespace

std::vector<CostBand> CostBins(const CostTable& costs, const CostBand& band) {
  const double low = std::max(band.low, costs.Least()), high = std::min(band.high, costs.Most());
  std::vector<CostBand> bins;
  double end = band.low;
  for (int i = 1; i <= kCostBins; ++i) {
    const double begin = end;
    end = i == kCostBins ? band.high : low + (high - low) * i / kCostBins;
    bins.push_back({.low = begin, .high = end});
  }
  return bins;
}

BinnedPaths::BinnedPaths(const SearchConfig& config, const CostTable& costs) {
  const CostBand band = BandLeft(config, costs).value_or(kAnyCost);
  for (const CostBand& bin : CostBins(costs, band)) {
    if (CountNetworks(costs, bin) > 0) samplers_.emplace_back(costs, bin);
  }
  // Where costs are not counted exactly, each bin may be too thin to be sure that a network lies in it.
  if (samplers_.empty()) samplers_.emplace_back(costs, band);
}

WeightDraw BinnedPaths::Draw(const DrawNumber& number, const ArchParameters& /*alpha*/,
                             const RelaxationConfig& /*relaxation*/, at::Device /*device*/) const {
  RandomStream stream = PathStream(number);
  const BandSampler& sampler = samplers_[stream.UniformInt(samplers_.size())];
  return DrawOf({.paths = {sampler.Draw(stream)}});
}

std::vector<std::vector<double>> BinnedPaths::Probabilities() const {
  std::vector<std::vector<double>> mean_lc;
  for (const BandSampler& sampler : samplers_) {
    const std::vector<std::vector<double>> probability_lc = sampler.Probabilities();
    if (mean_lc.empty()) {
      for (const std::vector<double>& probability_c : probability_lc) mean_lc.emplace_back(probability_c.size(), 0.0);
    }
    for (size_t l = 0; l < mean_lc.size(); ++l) {
      for (size_t c = 0; c < mean_lc[l].size(); ++c) {
        mean_lc[l][c] += probability_lc[l][c] / static_cast<double>(samplers_.size());
      }
    }
  }
  return mean_lc;
}

}  // namespace danas
