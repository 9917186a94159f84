#include "single_path.h"

#include <cstdint>
#include <utility>

#include "danas/core/log.h"
#include "danas/cost/band_count.h"
#include "danas/cost/search_band.h"
#include "danas/search/budget_band.h"

namespace danas {
namespace {

std::vector<LayerChoice> ChoicesOf(const std::vector<size_t>& path) {
  std::vector<LayerChoice> choices(path.size());
  for (size_t l = 0; l < path.size(); ++l) choices[l].path = path[l];
  return choices;
}

}  // namespace

RandomStream PathStream(const DrawNumber& number) {
  const auto seed = static_cast<uint64_t>(number.seed), draw = static_cast<uint64_t>(number.draw);
  return number.rank == 0 ? RandomStream(seed, "paths", {draw})
                          : RandomStream(seed, "paths", {draw, static_cast<uint64_t>(number.rank)});
}

WeightDraw DrawOf(PathGroup group) {
  WeightDraw draw;
  for (const std::vector<size_t>& path : group.paths) draw.forwards.push_back(ChoicesOf(path));
  draw.group = std::move(group);
  return draw;
}

std::vector<size_t> AnyPath(const CostTable& costs, RandomStream& stream) {
  std::vector<size_t> path;
  for (const std::vector<double>& cost_c : costs.candidates_lc) path.push_back(stream.UniformInt(cost_c.size()));
  return path;
}

std::optional<CostBand> BandLeft(const SearchConfig& config, const CostTable& costs) {
  if (!PathsKeepBand(config)) return std::nullopt;
  CostBand band = BandOf(config);
  if (CountNetworks(costs, band) > 0) return band;
  log::warn(
      "none of the networks left costs at least search.budget_min, {}, and at most search.budget_max, {}: the "
      "weights are trained on all paths that cost at most the latter",
      CostText(band.low, costs), CostText(band.high, costs));
  band.low = 0;
  return band;
}

}  // namespace danas
