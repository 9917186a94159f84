#include "danas/search/choices/scored_field.h"

#include <stdexcept>

#include "danas/cost/band_count.h"
#include "danas/search/budget_band.h"

namespace danas {
namespace {

// Of a band that holds more than are scored.
ScoredSource SourceOf(FinalSource source, bool alpha_trained) {
  switch (source) {
    case FinalSource::kAuto:
      return alpha_trained ? ScoredSource::kBest : ScoredSource::kEvolution;
    case FinalSource::kBest:
      return ScoredSource::kBest;
    case FinalSource::kEvolution:
      return ScoredSource::kEvolution;
    case FinalSource::kRandom:
      return ScoredSource::kRandom;
  }
  throw std::invalid_argument("unknown source of the final choice");
}

}  // namespace

ScoredField FieldOf(const SearchConfig& config, const CostTable& costs, bool alpha_trained) {
  ScoredField field{.band = BandOf(config)};
  field.networks = CountNetworks(costs, field.band);
  if (field.networks == 0) {
    field.band.low = costs.Least();
    field.networks = CountNetworks(costs, field.band);
  }
  if (field.networks <= static_cast<double>(config.final_networks)) return field;
  field.source = SourceOf(config.final_source, alpha_trained);
  return field;
}

}  // namespace danas
