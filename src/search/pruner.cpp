#include "danas/search/pruner.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "danas/search/arch_parameters.h"

namespace danas {
namespace {

// Candidates of one layer that stay or go as one.
struct Group {
  size_t layer = 0;
  std::vector<size_t> candidates;
  double log_probability = 0;  // of the candidates together
  bool holds_argmax = false;
};

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
std::vector<Group> GroupLayer(const LayerSpec& layer, size_t index, const std::vector<double>& alpha_c,
                              PruningGranularity granularity) {
  std::vector<Group> groups;
  std::map<std::string, size_t> place;
  for (size_t c = 0; c < alpha_c.size(); ++c) {
    const auto [at, is_new] = place.try_emplace(GroupName(layer.candidates.at(c), granularity), groups.size());
    if (is_new) groups.emplace_back().layer = index;
    groups[at->second].candidates.push_back(c);
  }
  // In logarithms, so that the weak keep their order where probabilities would all be 0.
  const std::vector<double> log_p = LogSoftmax(alpha_c);
  const size_t best = ArgMax(alpha_c);
  for (Group& group : groups) {
    double strongest = log_p[group.candidates.front()], sum = 0;
    for (const size_t c : group.candidates) strongest = std::max(strongest, log_p[c]);
    for (const size_t c : group.candidates) sum += std::exp(log_p[c] - strongest);
    group.log_probability = strongest + std::log(sum);
    group.holds_argmax = std::ranges::find(group.candidates, best) != group.candidates.end();
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

// The least likely groups of `rivals` go. Since no argmax does, every layer keeps a candidate.
void DropWeakest(std::vector<Group> rivals, const PruningConfig& config, Pruning& pruning) {
  size_t left = CountToDrop(config.ratio, rivals.size(), config.rounding);
  std::ranges::stable_sort(rivals, [](const Group& a, const Group& b) {
    if (a.log_probability != b.log_probability) return a.log_probability < b.log_probability;
    return a.candidates.front() > b.candidates.front();
  });
  for (const Group& group : rivals) {
    if (left == 0) break;
    if (group.holds_argmax) continue;
    pruning.dropped[group.layer].insert(group.candidates.begin(), group.candidates.end());
    --left;
  }
}

LayerCut CutOf(size_t layer, const std::set<size_t>& dropped, const std::vector<double>& alpha_c) {
  LayerCut cut{.layer = layer, .last_kept = ArgMax(alpha_c), .first_dropped = *dropped.begin()};
  for (size_t c = 0; c < alpha_c.size(); ++c) {
    if (!dropped.contains(c) && alpha_c[c] < alpha_c[cut.last_kept]) cut.last_kept = c;
    if (dropped.contains(c) && alpha_c[c] > alpha_c[cut.first_dropped]) cut.first_dropped = c;
  }
  cut.gap = alpha_c[cut.last_kept] - alpha_c[cut.first_dropped];
  return cut;
}

}  // namespace

Pruning ChoosePruning(const SearchSpace& space, const std::vector<std::vector<double>>& alpha_lc,
                      const PruningConfig& config) {
  Pruning pruning;
  std::vector<Group> everywhere;
  for (size_t l = 0; l < space.layers().size(); ++l) {
    const LayerSpec& layer = space.layers()[l];
    if (layer.candidates.size() < 2) continue;
    std::vector<Group> groups = GroupLayer(layer, l, alpha_lc.at(l), config.granularity);
    if (config.scope == PruningScope::kLayer) {
      DropWeakest(std::move(groups), config, pruning);
    } else {
      everywhere.insert(everywhere.end(), groups.begin(), groups.end());
    }
  }
  if (config.scope == PruningScope::kGlobal) DropWeakest(std::move(everywhere), config, pruning);
  pruning.cuts = Cuts(pruning.dropped, alpha_lc);
  return pruning;
}

std::vector<LayerCut> Cuts(const std::map<size_t, std::set<size_t>>& dropped,
                           const std::vector<std::vector<double>>& alpha_lc) {
  std::vector<LayerCut> cuts;
  for (const auto& [layer, candidates] : dropped) cuts.push_back(CutOf(layer, candidates, alpha_lc.at(layer)));
  return cuts;
}

size_t ArgMax(const std::vector<double>& alpha_c) {
  return static_cast<size_t>(std::ranges::max_element(alpha_c) - alpha_c.begin());
}

}  // namespace danas
