#include "fair_paths.h"

#include <algorithm>
#include <utility>

#include "danas/cost/even_weights.h"
#include "single_path.h"

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

}  // namespace

FairPaths::FairPaths(const SearchConfig& config, const CostTable& costs)
    : costs_(costs), most_candidates_(MostCandidates(costs)), band_(BandLeft(config, costs)) {
  if (band_) sampler_.emplace(costs, *band_, EvenWeights(costs, *band_));
  may_be_strict_ = costs.fold == CostFold::kSum ? SumsMayFit() : ReachesMayFit();
}

// A strictly fair group holds each candidate m / n times, rounded down, and some of them once more.
bool FairPaths::SumsMayFit() const {
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

// Each path of such a group has a candidate that reaches the band's lower end, and none above the band.
bool FairPaths::ReachesMayFit() const {
  if (!band_) return true;
  const auto reaches = [&](double cost) { return cost >= band_->low; };
  size_t most = 0;  // of those in a group
  for (const std::vector<double>& cost_c : costs_.candidates_lc) {
    if (std::ranges::any_of(cost_c, [&](double cost) { return cost > band_->high; })) return false;
    const auto reaching = static_cast<size_t>(std::ranges::count_if(cost_c, reaches));
    most += reaching * (most_candidates_ / cost_c.size()) + std::min(reaching, most_candidates_ % cost_c.size());
  }
  return reaches(costs_.fixed) || most >= most_candidates_;
}

// Of a path after one of its layers has exchanged a candidate.
double FairPaths::CostAfter(double before, double change, const std::vector<size_t>& path) const {
  return costs_.fold == CostFold::kSum ? before + change : costs_.OfNetwork(path);
}

WeightDraw FairPaths::Draw(const DrawNumber& number, const ArchParameters& /*alpha*/,
                           const RelaxationConfig& /*relaxation*/, at::Device /*device*/) const {
  RandomStream stream = PathStream(number);
  return DrawOf(DrawGroup(stream));
}

PathGroup FairPaths::DrawGroup(RandomStream& stream) const {
  if (may_be_strict_) {
    if (auto paths = DrawStrictlyFair(stream)) return {.paths = std::move(*paths), .strictly_fair = true};
  }
  PathGroup group;
  for (size_t i = 0; i < most_candidates_; ++i) {
    group.paths.push_back(sampler_ ? sampler_->Draw(stream) : AnyPath(costs_, stream));
  }
  return group;
}

std::optional<std::vector<std::vector<size_t>>> FairPaths::DrawStrictlyFair(RandomStream& stream) const {
  for (int i = 0; i < kMostAssignments; ++i) {
    std::vector<std::vector<size_t>> paths = Assignment(stream);
    if (!band_ || MoveIntoBand(paths, stream)) return paths;
  }
  return std::nullopt;
}

// In every layer each candidate as often as the others, in random order: [path][layer].
std::vector<std::vector<size_t>> FairPaths::Assignment(RandomStream& stream) const {
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

// Paths exchange candidates of a layer, which leaves all counts as they are, as long as that takes the two no further
// out of the band in sum. False where that does not end within it.
bool FairPaths::MoveIntoBand(std::vector<std::vector<size_t>>& paths, RandomStream& stream) const {
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
    if (a == b) continue;
    std::swap(paths[a][l], paths[b][l]);
    const double a_cost = CostAfter(cost_p[a], change, paths[a]), b_cost = CostAfter(cost_p[b], -change, paths[b]);
    if (Outside(*band_, a_cost) + Outside(*band_, b_cost) > before) {
      std::swap(paths[a][l], paths[b][l]);
      continue;
    }
    cost_p[a] = a_cost;
    cost_p[b] = b_cost;
  }
  return false;
}

std::vector<std::vector<double>> FairPaths::Probabilities() const {
  return sampler_ ? sampler_->Probabilities() : EvenProbabilities(costs_);
}

}  // namespace danas
