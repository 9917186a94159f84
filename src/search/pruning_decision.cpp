#include "danas/search/pruning_decision.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "band_pruning.h"
#include "danas/core/error.h"
#include "danas/core/units.h"
#include "danas/cost/band_count.h"
#include "danas/search/budget_band.h"

namespace danas {
namespace {

bool Holds(const LayerCandidates& candidates, size_t layer, size_t candidate) {
  const auto found = candidates.find(layer);
  return found != candidates.end() && found->second.contains(candidate);
}

// To 2^-32: candidates that share their best network then have the same total, in whatever order it is summed.
std::vector<double> ExactInSums(std::vector<double> score_c) {
  for (double& score : score_c) score = std::ldexp(std::round(std::ldexp(score, 32)), -32);
  return score_c;
}

// Of a group with the highest value, the first among equals, where `counts` says so of the candidate; none where of
// none.
template <typename Counts>
std::optional<size_t> Strongest(const RankedGroup& group, const std::vector<double>& value_c, const Counts& counts) {
  std::optional<size_t> strongest;
  for (const size_t c : group.candidates) {
    if (counts(c) && (!strongest || value_c[c] > value_c[*strongest])) strongest = c;
  }
  return strongest;
}

class Decision {
 public:
  Decision(const SearchSpace& space, const CandidateScores& scores, const CostTable& costs, const SearchConfig& config)
      : scores_(scores),
        costs_(costs),
        config_(config),
        band_(BandOf(config)),
        groups_(RankGroups(space, scores.value_lc, config.pruning.granularity, scores.kind)) {
    totals_ = scores.Totals();
    for (std::vector<double>& term_c : totals_.score_lc) term_c = ExactInSums(term_c);
    for (std::vector<std::vector<double>>& pair_cd : totals_.pair_lcd) {
      for (std::vector<double>& pair_d : pair_cd) pair_d = ExactInSums(pair_d);
    }
    if (aware()) {
      BandPruning within = PruneWithinBand(groups_, costs, totals_, band_, config.pruning);
      pruning_.dropped = std::move(within.dropped);
      pruning_.kept_for_budget = std::move(within.kept);
      groups_ = std::move(within.groups);
    } else {
      pruning_.dropped = ChooseWeakest(space, scores.value_lc, config.pruning);
    }
  }

  Pruning Make() {
    std::ranges::stable_sort(groups_, {}, &RankedGroup::layer);
    if (config_.pruning.certain > 0) PutOffDoubtful();
    if (!aware()) {
      pruning_.kept_for_budget = KeepWithinBudget(pruning_.dropped, costs_, scores_.Totals(), LargestCost(config_));
    }
    for (const auto& [layer, candidates] : pruning_.dropped) pruning_.cuts.push_back(CutOf(layer));
    pruning_.networks_in_band = CountNetworks(Without(costs_, totals_, pruning_.dropped).costs, band_);
    return std::move(pruning_);
  }

 private:
  bool aware() const { return config_.pruning.budget == PruningBudget::kAware; }

  bool IsDropped(size_t layer, size_t candidate) const { return Holds(pruning_.dropped, layer, candidate); }

  // Whether a candidate stays by its rank alone.
  bool Stays(size_t layer, size_t candidate) const {
    return !IsDropped(layer, candidate) && !Holds(pruning_.kept_for_budget, layer, candidate) &&
           !Holds(pruning_.put_off, layer, candidate);
  }

  // The group of the lowest rank that stays as a whole and makes networks of the band, where that is asked; every layer
  // has one, since that of its best candidate must stay.
  const RankedGroup& LastKept(size_t layer) const {
    const RankedGroup* last = nullptr;
    for (const RankedGroup& group : groups_) {
      if (group.layer != layer || !std::isfinite(group.rank)) continue;
      if (last != nullptr && group.rank >= last->rank) continue;
      if (std::ranges::all_of(group.candidates, [&](size_t c) { return Stays(layer, c); })) last = &group;
    }
    return *last;
  }

  const RankedGroup& FirstDropped(size_t layer) const {
    const RankedGroup* first = nullptr;
    for (const RankedGroup& group : groups_) {
      if (group.layer != layer || (first != nullptr && group.rank <= first->rank)) continue;
      if (std::ranges::any_of(group.candidates, [&](size_t c) { return IsDropped(layer, c); })) first = &group;
    }
    return *first;
  }

  LayerCut Compare(const RankedGroup& kept, const RankedGroup& dropped) const {
    const size_t layer = kept.layer;
    const std::vector<double>& value_c = scores_.value_lc[layer];
    LayerCut cut;
    cut.layer = layer;
    cut.last_kept = *Strongest(kept, value_c, [](size_t) { return true; });
    cut.first_dropped = *Strongest(dropped, value_c, [&](size_t c) { return IsDropped(layer, c); });
    double order = kept.rank - dropped.rank;
    if (aware()) {
      const auto with_kept = BestNetworkWith(kept, pruning_.dropped, costs_, totals_, band_);
      const auto with_dropped = BestNetworkWith(dropped, {}, costs_, totals_, band_);
      if (with_kept && with_dropped) {
        cut.last_kept = (*with_kept)[layer];
        cut.first_dropped = (*with_dropped)[layer];
        cut.z = scores_.Z(*with_kept, *with_dropped);
        order = totals_.Total(*with_kept) - totals_.Total(*with_dropped);
        cut.total_gap = order;
      }
    } else {
      cut.z = scores_.z({{layer, cut.last_kept, cut.first_dropped}});
    }
    cut.gap = value_c[cut.last_kept] - value_c[cut.first_dropped];
    cut.conflict = cut.z && order * *cut.z < 0;
    return cut;
  }

  LayerCut CutOf(size_t layer) const { return Compare(LastKept(layer), FirstDropped(layer)); }

  void PutOffDoubtful() {
    LayerCandidates put_off;
    for (const RankedGroup& group : groups_) {
      if (!IsDropped(group.layer, group.candidates.front())) continue;
      const LayerCut cut = Compare(LastKept(group.layer), group);
      if (!cut.z || *cut.z >= config_.pruning.certain) continue;
      put_off[group.layer].insert(group.candidates.begin(), group.candidates.end());
    }
    for (const auto& [layer, candidates] : put_off) {
      std::set<size_t>& dropped = pruning_.dropped.at(layer);
      for (const size_t c : candidates) dropped.erase(c);
      if (dropped.empty()) pruning_.dropped.erase(layer);
    }
    pruning_.put_off = std::move(put_off);
  }

  const CandidateScores& scores_;
  const CostTable& costs_;
  const SearchConfig& config_;
  const CostBand band_;
  std::vector<RankedGroup> groups_;
  NetworkScores totals_;
  Pruning pruning_;
};

// A mean, and of each layer one effect fewer than it has candidates.
void CheckPathCount(int64_t paths, const CostTable& costs) {
  int64_t effects = 1;
  for (const std::vector<double>& cost_c : costs.candidates_lc) effects += std::ssize(cost_c) - 1;
  if (paths > effects) return;
  throw ConfigError("search.pruning.paths: " + std::to_string(paths) + " networks are too few for " +
                    std::to_string(effects) + " effects of candidates; expected more, preferably " +
                    std::to_string(3 * effects));
}

}  // namespace

bool MoreClearThanNoise(size_t clear, size_t cuts) {
  constexpr double kByChance = 0.0455;  // |z| of a standard normal above kClearZ
  constexpr double kRare = 0.05;
  double fewer = 0, exactly = std::pow(1 - kByChance, static_cast<double>(cuts));
  for (size_t k = 0; k < clear; ++k) {
    fewer += exactly;
    exactly *= static_cast<double>(cuts - k) / static_cast<double>(k + 1) * kByChance / (1 - kByChance);
  }
  return clear > 0 && 1 - fewer < kRare;
}

void CheckPruning(const SearchConfig& config, const CostTable& costs) {
  if (config.pruning.score == PruningScore::kPaths) CheckPathCount(config.pruning.paths, costs);
  if (config.pruning.budget == PruningBudget::kBlind) return;
  const double networks = CountNetworks(costs, BandOf(config));
  const auto text = [&](double cost) { return CostText(cost, costs); };
  if (networks >= static_cast<double>(config.pruning.least_networks)) return;
  const std::string nearest = networks > 0 ? "" : NearestLevelsText(costs, LeastCost(config), LargestCost(config));
  throw ConfigError("search.pruning.budget aware: of the space's networks, " + text(costs.Least()) + " to " +
                    text(costs.Most()) + ", " + FormatCount(networks) + " cost from " + text(LeastCost(config)) +
                    " (search.budget_min) to " + text(LargestCost(config)) +
                    " (search.budget_max), expected at least search.pruning.least_networks, " +
                    std::to_string(config.pruning.least_networks) + nearest +
                    ". Move search.budget, widen the band, or lower that number");
}

Pruning DecidePruning(const SearchSpace& space, const CandidateScores& scores, const CostTable& costs,
                      const SearchConfig& config) {
  return Decision(space, scores, costs, config).Make();
}

}  // namespace danas
