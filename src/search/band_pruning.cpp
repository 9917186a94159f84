#include "band_pruning.h"

#include <algorithm>
#include <limits>

#include "danas/core/error.h"
#include "danas/cost/band_count.h"
#include "danas/cost/best_networks.h"

namespace danas {
namespace {

constexpr double kNone = -std::numeric_limits<double>::infinity();

bool Contains(const LayerCandidates& candidates, size_t layer, size_t candidate) {
  const auto found = candidates.find(layer);
  return found != candidates.end() && found->second.contains(candidate);
}

std::vector<size_t> PlacesOf(const std::vector<size_t>& network, const LeftOver& left) {
  std::vector<size_t> places;
  for (size_t l = 0; l < network.size(); ++l) places.push_back(left.place_lc[l][network[l]]);
  return places;
}

// One after the other, of what is left.
class BandPruner {
 public:
  BandPruner(std::vector<RankedGroup> groups, const CostTable& costs, const NetworkScores& scores, const CostBand& band,
             const PruningConfig& config)
      : costs_(costs), scores_(scores), band_(band), config_(config), left_(CountsToDrop(groups, config)) {
    result_.groups = std::move(groups);
    decided_.assign(result_.groups.size(), false);
    const std::vector<size_t> best = BestNetworks(costs, scores, band, 1).front();
    for (RankedGroup& group : result_.groups) {
      group.must_stay = std::ranges::find(group.candidates, best[group.layer]) != group.candidates.end();
    }
  }

  BandPruning Run() {
    RankWhatIsLeft();
    while (const std::optional<size_t> next = Weakest()) {
      decided_[*next] = true;
      const RankedGroup& group = result_.groups[*next];
      --left_[QuotaOf(group)];
      if (!LeavesEnough(group)) {
        result_.kept[group.layer].insert(group.candidates.begin(), group.candidates.end());
        continue;
      }
      gone_.push_back(*next);
      result_.dropped[group.layer].insert(group.candidates.begin(), group.candidates.end());
      if (group.rank != kNone) RankWhatIsLeft();
    }
    return std::move(result_);
  }

 private:
  size_t QuotaOf(const RankedGroup& group) const { return config_.scope == PruningScope::kLayer ? group.layer : 0; }

  bool IsGone(size_t index) const { return std::ranges::find(gone_, index) != gone_.end(); }

  void RankWhatIsLeft() {
    const LeftOver left = Without(costs_, scores_, result_.dropped);
    const std::vector<std::vector<double>> marginal_lc = MaxMarginals(left.costs, left.scores, band_);
    for (size_t g = 0; g < result_.groups.size(); ++g) {
      RankedGroup& group = result_.groups[g];
      if (IsGone(g)) continue;
      group.rank = kNone;
      for (size_t place = 0; place < left.place_lc[group.layer].size(); ++place) {
        if (std::ranges::find(group.candidates, left.place_lc[group.layer][place]) == group.candidates.end()) continue;
        group.rank = std::max(group.rank, marginal_lc[group.layer][place]);
      }
    }
  }

  std::optional<size_t> Weakest() {
    std::optional<size_t> weakest;
    for (size_t g = 0; g < result_.groups.size(); ++g) {
      const RankedGroup& group = result_.groups[g];
      if (decided_[g] || group.must_stay || left_[QuotaOf(group)] == 0) continue;
      if (!weakest || GoesBefore(group, result_.groups[*weakest])) weakest = g;
    }
    return weakest;
  }

  // The best network is always left, and a group that is in none takes none away.
  bool LeavesEnough(const RankedGroup& group) const {
    if (config_.least_networks <= 1 || group.rank == kNone) return true;
    LayerCandidates dropped = result_.dropped;
    dropped[group.layer].insert(group.candidates.begin(), group.candidates.end());
    const double networks = CountNetworks(Without(costs_, scores_, dropped).costs, band_);
    return networks >= static_cast<double>(config_.least_networks);
  }

  const CostTable& costs_;
  const NetworkScores& scores_;
  const CostBand& band_;
  const PruningConfig& config_;
  std::map<size_t, size_t> left_;  // to drop
  std::vector<bool> decided_;      // of each group
  std::vector<size_t> gone_;
  BandPruning result_;
};

}  // namespace

LeftOver Without(const CostTable& costs, const NetworkScores& scores, const LayerCandidates& dropped) {
  LeftOver left{.costs = {.unit = costs.unit, .fixed = costs.fixed, .candidates_lc = {}, .fold = costs.fold},
                .scores = {.score_lc = {}},
                .place_lc = {}};
  for (size_t l = 0; l < costs.candidates_lc.size(); ++l) {
    left.costs.candidates_lc.emplace_back();
    left.scores.score_lc.emplace_back();
    left.place_lc.emplace_back();
    for (size_t c = 0; c < costs.candidates_lc[l].size(); ++c) {
      if (Contains(dropped, l, c)) continue;
      left.costs.candidates_lc[l].push_back(costs.candidates_lc[l][c]);
      left.scores.score_lc[l].push_back(scores.score_lc.at(l).at(c));
      left.place_lc[l].push_back(c);
    }
  }
  for (size_t l = 0; l < scores.pair_lcd.size(); ++l) {
    std::vector<std::vector<double>>& pair_cd = left.scores.pair_lcd.emplace_back();
    for (const size_t c : left.place_lc[l]) {
      pair_cd.emplace_back();
      for (const size_t d : left.place_lc[l + 1]) pair_cd.back().push_back(scores.pair_lcd[l].at(c).at(d));
    }
  }
  return left;
}

BandPruning PruneWithinBand(std::vector<RankedGroup> groups, const CostTable& costs, const NetworkScores& scores,
                            const CostBand& band, const PruningConfig& config) {
  return BandPruner(std::move(groups), costs, scores, band, config).Run();
}

std::optional<std::vector<size_t>> BestNetworkWith(const RankedGroup& group, const LayerCandidates& dropped,
                                                   const CostTable& costs, const NetworkScores& scores,
                                                   const CostBand& band) {
  LayerCandidates others = dropped;
  std::set<size_t>& of_layer = others[group.layer];
  for (size_t c = 0; c < costs.candidates_lc[group.layer].size(); ++c) of_layer.insert(c);
  for (const size_t c : group.candidates) of_layer.erase(c);
  const LeftOver left = Without(costs, scores, others);
  try {
    return PlacesOf(BestNetworks(left.costs, left.scores, band, 1).front(), left);
  } catch (const ConfigError&) {  // nothing is left in the band
    return std::nullopt;
  }
}

}  // namespace danas
