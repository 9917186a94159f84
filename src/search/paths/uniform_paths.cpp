#include "uniform_paths.h"

#include "single_path.h"

namespace danas {

UniformPaths::UniformPaths(const SearchConfig& config, const CostTable& costs) : costs_(costs) {
  if (const std::optional<CostBand> band = BandLeft(config, costs)) sampler_.emplace(costs, *band);
}

WeightDraw UniformPaths::Draw(const DrawNumber& number, const ArchParameters& /*alpha*/,
                              const RelaxationConfig& /*relaxation*/, at::Device /*device*/) const {
  RandomStream stream = PathStream(number);
  return DrawOf({.paths = {sampler_ ? sampler_->Draw(stream) : AnyPath(costs_, stream)}});
}

std::vector<std::vector<double>> UniformPaths::Probabilities() const {
  return sampler_ ? sampler_->Probabilities() : EvenProbabilities(costs_);
}

}  // namespace danas
