#include "danas/search/weight_paths.h"

#include <algorithm>
#include <string>
#include <utility>

#include "danas/core/error.h"
#include "danas/core/log.h"
#include "danas/core/random.h"
#include "danas/core/units.h"
#include "danas/cost/band_count.h"
#include "danas/cost/even_weights.h"
#include "danas/search/final_choice.h"

namespace danas {
namespace {

// Assignments that are started again, and exchanges that each is given, before a group is drawn path by path instead.
constexpr int kMostAssignments = 4;
constexpr size_t kExchangesAPath = 200;

size_t MostCandidates(const CostTable& costs) {
  size_t most = 1;
  for (const std::vector<double>& cost_c : costs.candidates_lc) most = std::max(most, cost_c.size());
  return most;
}

double Outside(const CostBand& band, double cost) { return std::max({band.low - cost, cost - band.high, 0.0}); }

// The band of the config, or the part of it that the space left can keep.
CostBand BandLeft(const SearchConfig& config, const CostTable& costs) {
  CostBand band = BandOf(config);
  if (CountNetworks(costs, band) > 0) return band;
  log::warn(
      "none of the networks left costs at least search.budget_min, {}, and at most search.budget_max, {}: the "
      "weights are trained on all paths that cost at most the latter",
      CostText(band.low, costs), CostText(band.high, costs));
  band.low = 0;
  return band;
}

}  // namespace

bool HasOwnPaths(const SearchConfig& config) { return config.paths != WeightPathKind::kGumbel; }

bool ComputesPaths(const SearchConfig& config) { return HasOwnPaths(config) || config.relaxation.hard; }

void CheckPaths(const SearchConfig& config, const CostTable& costs) {
  if (!HasOwnPaths(config) || !config.paths_band) return;
  const CostBand band = BandOf(config);
  if (CountNetworks(costs, band) > 0) return;
  throw ConfigError("search.paths: no network costs between " + CostText(band.low, costs) +
                    " (search.budget_min) and " + CostText(band.high, costs) +
                    " (search.budget_max); the space's networks cost " + CostText(costs.Least(), costs) + " to " +
                    CostText(costs.Most(), costs) +
                    ". Widen the band, change search.budget, or draw any path with search.paths_band: false");
}

WeightPaths::WeightPaths(const SearchConfig& config, const CostTable& costs)
    : costs_(costs), fair_(config.paths == WeightPathKind::kFair), most_candidates_(MostCandidates(costs)) {
  if (config.paths_band) {
    band_ = BandLeft(config, costs);
    sampler_.emplace(costs, *band_, fair_ ? EvenWeights(costs, *band_) : std::vector<std::vector<double>>{});
  }
  may_be_strict_ = fair_ && SumsMayFit();
}

// A strictly fair group holds each candidate m / n times, rounded down, and some of them once more.
bool WeightPaths::SumsMayFit() const {
  if (!band_) return true;
  const auto paths = static_cast<double>(most_candidates_);
  double least = paths * costs_.fixed, most = least;
  for (std::vector<double> cost_c : costs_.candidates_lc) {
    const size_t each = most_candidates_ / cost_c.size(), more = most_candidates_ % cost_c.size();
    std::ranges::sort(cost_c);
    for (size_t c = 0; c < cost_c.size(); ++c) {
      least += static_cast<double>(each + (c < more ? 1 : 0)) * cost_c[c];
      most += static_cast<double>(each + (c + more >= cost_c.size() ? 1 : 0)) * cost_c[c];
    }
  }
  for (const std::vector<double>& probability_c : sampler_->Probabilities()) {
    if (std::ranges::any_of(probability_c, [](double p) { return !(p > 0); })) return false;
  }
  return least <= paths * band_->high && most >= paths * band_->low;
}

PathGroup WeightPaths::Draw(const DrawNumber& number) const {
  const auto seed = static_cast<uint64_t>(number.seed), draw = static_cast<uint64_t>(number.draw);
  RandomStream stream = number.rank == 0 ? RandomStream(seed, "paths", {draw})
                                         : RandomStream(seed, "paths", {draw, static_cast<uint64_t>(number.rank)});
  if (may_be_strict_) {
    if (auto paths = DrawStrictlyFair(stream)) return {.paths = std::move(*paths), .strictly_fair = true};
  }
  PathGroup group;
  for (size_t i = 0; i < paths_per_step(); ++i) group.paths.push_back(DrawOne(stream));
  return group;
}

std::optional<std::vector<std::vector<size_t>>> WeightPaths::DrawStrictlyFair(RandomStream& stream) const {
  for (int i = 0; i < kMostAssignments; ++i) {
    std::vector<std::vector<size_t>> paths = Assignment(stream);
    if (!band_ || MoveIntoBand(paths, stream)) return paths;
  }
  return std::nullopt;
}

// In every layer each candidate as often as the others, in random order: [path][layer].
std::vector<std::vector<size_t>> WeightPaths::Assignment(RandomStream& stream) const {
  std::vector<std::vector<size_t>> paths(most_candidates_, std::vector<size_t>(costs_.candidates_lc.size()));
  for (size_t l = 0; l < costs_.candidates_lc.size(); ++l) {
    const size_t candidates = costs_.candidates_lc[l].size();
    std::vector<size_t> order(candidates);
    for (size_t c = 0; c < candidates; ++c) order[c] = c;
    stream.Shuffle(order);  // which candidates come once more
    std::vector<size_t> column;
    for (size_t p = 0; p < most_candidates_; ++p) column.push_back(order[p % candidates]);
    stream.Shuffle(column);
    for (size_t p = 0; p < most_candidates_; ++p) paths[p][l] = column[p];
  }
  return paths;
}

// Paths exchange candidates of a layer, which leaves all counts as they are, as long as that takes neither further out
// of the band in sum. False where that does not end within it.
bool WeightPaths::MoveIntoBand(std::vector<std::vector<size_t>>& paths, RandomStream& stream) const {
  std::vector<double> cost_p;
  for (const std::vector<size_t>& path : paths) cost_p.push_back(costs_.OfNetwork(path));
  const auto is_outside = [&](double cost) { return !band_->Holds(cost); };
  for (size_t i = 0; i < kExchangesAPath * paths.size(); ++i) {
    const auto outside = std::ranges::find_if(cost_p, is_outside);
    if (outside == cost_p.end()) {
      return std::ranges::all_of(paths, [&](const auto& path) { return band_->Holds(costs_.OfNetwork(path)); });
    }
    const auto a = static_cast<size_t>(outside - cost_p.begin());
    const size_t b = stream.UniformInt(paths.size()), l = stream.UniformInt(costs_.candidates_lc.size());
    const double change = costs_.candidates_lc[l][paths[b][l]] - costs_.candidates_lc[l][paths[a][l]];
    const double before = Outside(*band_, cost_p[a]) + Outside(*band_, cost_p[b]);
    if (a == b || Outside(*band_, cost_p[a] + change) + Outside(*band_, cost_p[b] - change) > before) continue;
    std::swap(paths[a][l], paths[b][l]);
    cost_p[a] += change;
    cost_p[b] -= change;
  }
  return false;
}

std::vector<size_t> WeightPaths::DrawOne(RandomStream& stream) const {
  if (sampler_) return sampler_->Draw(stream);
  std::vector<size_t> path;
  for (const std::vector<double>& cost_c : costs_.candidates_lc) path.push_back(stream.UniformInt(cost_c.size()));
  return path;
}

std::vector<std::vector<double>> WeightPaths::Probabilities() const {
  if (sampler_) return sampler_->Probabilities();
  std::vector<std::vector<double>> probability_lc;
  for (const std::vector<double>& cost_c : costs_.candidates_lc) {
    probability_lc.emplace_back(cost_c.size(), 1.0 / static_cast<double>(cost_c.size()));
  }
  return probability_lc;
}

std::vector<LayerChoice> ChoicesOf(const std::vector<size_t>& path) {
  std::vector<LayerChoice> choices(path.size());
  for (size_t l = 0; l < path.size(); ++l) choices[l].path = path[l];
  return choices;
}

void PathTotals::Add(const PathGroup& group, const CostTable& costs) {
  for (const std::vector<size_t>& path : group.paths) {
    const double cost = costs.OfNetwork(path);
    least_cost = paths == 0 ? cost : std::min(least_cost, cost);
    most_cost = paths == 0 ? cost : std::max(most_cost, cost);
    cost_sum += cost;
    ++paths;
  }
  ++groups;
  if (group.strictly_fair) ++strictly_fair;
}

void Describe(StateFields& fields, PathTotals& totals) {
  auto& [groups, strictly_fair, paths, cost_sum, least_cost, most_cost] = totals;
  fields.Value("groups", groups);
  fields.Value("strictly_fair", strictly_fair);
  fields.Value("paths", paths);
  fields.Value("cost_sum", cost_sum);
  fields.Value("least_cost", least_cost);
  fields.Value("most_cost", most_cost);
}

}  // namespace danas
