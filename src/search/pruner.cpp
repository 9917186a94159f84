#include "danas/search/pruner.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "danas/core/softmax.h"
#include "danas/search/arch_parameters.h"

namespace danas {
namespace {

std::string GroupName(const BlockSpec& block, PruningGranularity granularity) {
  switch (granularity) {
    case PruningGranularity::kPair:
      return CandidateName(block);
    case PruningGranularity::kBlock:
      return BlockName(block);
    case PruningGranularity::kOperator:
      return OperatorName(block);
  }
  throw std::invalid_argument("unknown pruning granularity");
}

// In the order of each group's first candidate.
std::vector<RankedGroup> GroupLayer(const LayerSpec& layer, size_t index, const std::vector<double>& value_c,
                                    PruningGranularity granularity, PruningScore score) {
  std::vector<RankedGroup> groups;
  std::map<std::string, size_t> place;
  for (size_t c = 0; c < value_c.size(); ++c) {
    const auto [at, is_new] = place.try_emplace(GroupName(layer.candidates.at(c), granularity), groups.size());
    if (is_new) groups.emplace_back().layer = index;
    groups[at->second].candidates.push_back(c);
  }
  // In logarithms, so that the weak keep their order where probabilities would all be 0.
  const std::vector<double> term_c = score == PruningScore::kAlpha ? LogSoftmax(value_c) : value_c;
  const size_t best = ArgMax(value_c);
  for (RankedGroup& group : groups) {
    double strongest = term_c[group.candidates.front()], sum = 0;
    for (const size_t c : group.candidates) strongest = std::max(strongest, term_c[c]);
    for (const size_t c : group.candidates) sum += std::exp(term_c[c] - strongest);
    group.rank = score == PruningScore::kAlpha ? strongest + std::log(sum) : strongest;
    group.must_stay = std::ranges::find(group.candidates, best) != group.candidates.end();
  }
  return groups;
}

size_t CountToDrop(double ratio, size_t count, PruningRounding rounding) {
  constexpr double kSlack = 1e-9;  // 0.4 * 5 may miss 2 by a rounding error
  const double exact = ratio * static_cast<double>(count);
  switch (rounding) {
    case PruningRounding::kHalfUp:
      return static_cast<size_t>(std::floor(exact + 0.5 + kSlack));
    case PruningRounding::kDown:
      return static_cast<size_t>(std::floor(exact + kSlack));
    case PruningRounding::kUp:
      return static_cast<size_t>(std::max(0.0, std::ceil(exact - kSlack)));
  }
  throw std::invalid_argument("unknown pruning rounding");
}

}  // namespace

std::vector<RankedGroup> RankGroups(const SearchSpace& space, const std::vector<std::vector<double>>& value_lc,
                                    PruningGranularity granularity, PruningScore score) {
  std::vector<RankedGroup> groups;
  for (size_t l = 0; l < space.layers().size(); ++l) {
    const LayerSpec& layer = space.layers()[l];
    if (layer.candidates.size() < 2) continue;
    const std::vector<RankedGroup> of_layer = GroupLayer(layer, l, value_lc.at(l), granularity, score);
    groups.insert(groups.end(), of_layer.begin(), of_layer.end());
  }
  return groups;
}

std::map<size_t, size_t> CountsToDrop(const std::vector<RankedGroup>& groups, const PruningConfig& config) {
  std::map<size_t, size_t> counts;
  for (const RankedGroup& group : groups) ++counts[config.scope == PruningScope::kLayer ? group.layer : 0];
  for (auto& [layer, count] : counts) count = CountToDrop(config.ratio, count, config.rounding);
  return counts;
}

bool GoesBefore(const RankedGroup& a, const RankedGroup& b) {
  if (a.rank != b.rank) return a.rank < b.rank;
  return a.candidates.front() > b.candidates.front();
}

// Since no argmax goes, every layer keeps a candidate.
LayerCandidates ChooseWeakest(const SearchSpace& space, const std::vector<std::vector<double>>& value_lc,
                              const PruningConfig& config) {
  std::vector<RankedGroup> groups = RankGroups(space, value_lc, config.granularity, config.score);
  std::map<size_t, size_t> left = CountsToDrop(groups, config);
  std::ranges::stable_sort(groups, GoesBefore);
  LayerCandidates dropped;
  for (const RankedGroup& group : groups) {
    size_t& left_here = left[config.scope == PruningScope::kLayer ? group.layer : 0];
    if (left_here == 0 || group.must_stay) continue;
    dropped[group.layer].insert(group.candidates.begin(), group.candidates.end());
    --left_here;
  }
  return dropped;
}

size_t ArgMax(const std::vector<double>& alpha_c) {
  return static_cast<size_t>(std::ranges::max_element(alpha_c) - alpha_c.begin());
}

}  // namespace danas
