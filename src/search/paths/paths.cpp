#include "danas/search/paths/paths.h"

#include <stdexcept>
#include <string>

#include "binarised_paths.h"
#include "binned_paths.h"
#include "danas/core/error.h"
#include "danas/cost/band_count.h"
#include "danas/cost/search_band.h"
#include "danas/search/budget_band.h"
#include "fair_paths.h"
#include "gumbel_paths.h"
#include "softmax_paths.h"
#include "uniform_paths.h"

namespace danas {

std::unique_ptr<Paths> MakePaths(const SearchConfig& config, const CostTable& costs) {
  switch (config.paths) {
    case WeightPathKind::kGumbel:
      return std::make_unique<GumbelPaths>();
    case WeightPathKind::kSoftmax:
      return std::make_unique<SoftmaxPaths>();
    case WeightPathKind::kUniform:
      return std::make_unique<UniformPaths>(config, costs);
    case WeightPathKind::kFair:
      return std::make_unique<FairPaths>(config, costs);
    case WeightPathKind::kBinned:
      return std::make_unique<BinnedPaths>(config, costs);
    case WeightPathKind::kBinarised:
      return std::make_unique<BinarisedPaths>();
  }
  throw std::logic_error("unknown search.paths");
}

bool DrawsSinglePaths(const SearchConfig& config) {
  return FitABand(config.paths) || config.paths == WeightPathKind::kBinarised;
}

bool ComputesPaths(const SearchConfig& config) {
  return DrawsSinglePaths(config) || (config.paths == WeightPathKind::kGumbel && config.relaxation.hard);
}

bool PathsReadAlpha(const SearchConfig& config) { return !FitABand(config.paths); }

int64_t PathsPerStep(const SearchConfig& config, int64_t most_candidates) {
  if (!ComputesPaths(config)) return 0;
  return config.paths == WeightPathKind::kFair ? most_candidates : 1;
}

void CheckPaths(const SearchConfig& config, const CostTable& costs) {
  if (!PathsKeepBand(config)) return;
  const CostBand band = BandOf(config);
  if (CountNetworks(costs, band) > 0) return;
  throw ConfigError("search.paths: no network costs between " + CostText(band.low, costs) +
                    " (search.budget_min) and " + CostText(band.high, costs) +
                    " (search.budget_max); the space's networks cost " + CostText(costs.Least(), costs) + " to " +
                    CostText(costs.Most(), costs) + NearestLevelsText(costs, band.low, band.high) +
                    ". Widen the band, change search.budget, or draw any path with search.paths_band: false");
}

}  // namespace danas
