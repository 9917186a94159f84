#include "danas/cost/limits.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <stdexcept>

#include "danas/core/error.h"
#include "danas/core/random.h"
#include "danas/cost/band_count.h"
#include "danas/cost/band_sampler.h"
#include "danas/cost/best_networks.h"

namespace danas {
namespace {

constexpr size_t kMostPartials = 4'000'000;
constexpr size_t kMostWalked = 50'000;  // networks of a band that are looked at one by one
constexpr uint64_t kMostDraws = 20'000;

// What a partial network costs by up to two of the other limits, and by the one in question; less is better in each.
using Partial = std::array<double, 3>;

// Only those that no other is at least as good as in all three.
std::vector<Partial> Undominated(std::vector<Partial> partials) {
  std::ranges::sort(partials);
  std::vector<Partial> kept;
  std::map<double, double> stairs;  // second -> third, falling, of all with a first that is no higher
  for (const Partial& partial : partials) {
    auto above = stairs.upper_bound(partial[1]);
    if (above != stairs.begin() && std::prev(above)->second <= partial[2]) continue;
    while (above != stairs.end() && above->second >= partial[2]) above = stairs.erase(above);
    stairs[partial[1]] = partial[2];
    kept.push_back(partial);
  }
  return kept;
}

class Reach {
 public:
  Reach(const std::vector<CostLimit>& limits, size_t which) : question_(limits[which].costs) {
    for (size_t k = 0; k < limits.size(); ++k) {
      if (k != which) others_.push_back(&limits[k]);
    }
  }

  // The least of sign * cost; none where the other limits cannot be met.
  std::optional<double> Least(double sign) const {
    Partial start = {0, 0, sign * question_.fixed};
    for (size_t k = 0; k < others_.size(); ++k) start[k] = others_[k]->costs.fixed;
    std::vector<Partial> partials;
    if (CanMeet(start, 0)) partials.push_back(start);
    for (size_t layer = 0; layer < question_.candidates_lc.size(); ++layer) {
      std::vector<Partial> longer;
      for (const Partial& partial : partials) {
        for (size_t c = 0; c < question_.candidates_lc[layer].size(); ++c) {
          Partial next = partial;
          for (size_t k = 0; k < others_.size(); ++k) next[k] += others_[k]->costs.candidates_lc[layer][c];
          next[2] += sign * question_.candidates_lc[layer][c];
          if (CanMeet(next, layer + 1)) longer.push_back(next);
        }
      }
      partials = Undominated(std::move(longer));
      if (partials.size() > kMostPartials) {
        throw ConfigError(
            "the networks of the space have too many different costs to determine which of them the limits leave; give "
            "fewer limits");
      }
    }
    if (partials.empty()) return std::nullopt;
    return std::ranges::min(partials, {}, [](const Partial& p) { return p[2]; })[2];
  }

 private:
  // Whether the cheapest rest from `layer` on keeps to the limits.
  bool CanMeet(const Partial& partial, size_t layer) const {
    for (size_t k = 0; k < others_.size(); ++k) {
      if (partial[k] + LeastRest(k)[layer] > others_[k]->most) return false;
    }
    return true;
  }

  const std::vector<double>& LeastRest(size_t k) const {
    std::vector<double>& rest = rests_[k];
    if (!rest.empty()) return rest;
    const auto& cost_lc = others_[k]->costs.candidates_lc;
    rest.assign(cost_lc.size() + 1, 0);
    for (size_t l = cost_lc.size(); l-- > 0;) rest[l] = rest[l + 1] + *std::ranges::min_element(cost_lc[l]);
    return rest;
  }

  const CostTable& question_;
  std::vector<const CostLimit*> others_;
  mutable std::array<std::vector<double>, 2> rests_;
};

double TotalOf(const std::vector<std::vector<double>>& score_lc, const std::vector<size_t>& network) {
  double total = 0;
  for (size_t l = 0; l < network.size(); ++l) total += score_lc[l][network[l]];
  return total;
}

// exp(score), scaled to at most 1 in each layer, which changes no probability.
std::vector<std::vector<double>> Weights(std::vector<std::vector<double>> score_lc) {
  for (std::vector<double>& score_c : score_lc) {
    const double most = *std::ranges::max_element(score_c);
    for (double& score : score_c) score = std::exp(score - most);
  }
  return score_lc;
}

class Collector {
 public:
  Collector(const std::vector<CostLimit>& limits, const CostTable& costs, const CostBand& band)
      : limits_(limits), costs_(costs), band_(band) {}

  void Take(const std::vector<size_t>& network) {
    const double cost = costs_.OfNetwork(network);
    if (band_.low <= cost && cost <= band_.high && MeetsAll(limits_, network)) found_.insert(network);
  }
  size_t count() const { return found_.size(); }
  std::vector<std::vector<size_t>> All() const { return {found_.begin(), found_.end()}; }

 private:
  const std::vector<CostLimit>& limits_;
  const CostTable& costs_;
  const CostBand& band_;
  std::set<std::vector<size_t>> found_;
};

// Draws from `costs`' band until the collector has `count`.
void DrawInto(Collector& collector, const CostTable& costs, const CostBand& band,
              const std::vector<std::vector<double>>& weight_lc, size_t count, int64_t seed, uint64_t round) {
  const BandSampler sampler(costs, band, weight_lc);
  for (uint64_t draw = 0; draw < kMostDraws && collector.count() < count; ++draw) {
    RandomStream stream(static_cast<uint64_t>(seed), "limited", {round, draw});
    collector.Take(sampler.Draw(stream));
  }
}

// Each limit's cost as a share of its limit, together: a network that meets all is at most as many as there are limits.
CostTable SharesOf(const CostTable& costs, const CostBand& band, const std::vector<CostLimit>& limits) {
  CostTable sum{.unit = "", .fixed = costs.fixed / band.high, .candidates_lc = costs.candidates_lc};
  for (std::vector<double>& cost_c : sum.candidates_lc) {
    for (double& cost : cost_c) cost /= band.high;
  }
  for (const CostLimit& limit : limits) {
    sum.fixed += limit.costs.fixed / limit.most;
    for (size_t l = 0; l < sum.candidates_lc.size(); ++l) {
      for (size_t c = 0; c < sum.candidates_lc[l].size(); ++c) {
        sum.candidates_lc[l][c] += limit.costs.candidates_lc[l][c] / limit.most;
      }
    }
  }
  return sum;
}

}  // namespace

bool MeetsAll(const std::vector<CostLimit>& limits, const std::vector<size_t>& network) {
  return std::ranges::all_of(limits,
                             [&](const CostLimit& limit) { return limit.costs.OfNetwork(network) <= limit.most; });
}

std::optional<CostBand> ReachableCosts(const std::vector<CostLimit>& limits, size_t which) {
  if (limits.size() > 3 || which >= limits.size())
    throw std::invalid_argument("reachable costs of one to three limits");
  const Reach reach(limits, which);
  const std::optional<double> least = reach.Least(1);
  if (!least) return std::nullopt;
  return CostBand{.low = *least, .high = -*reach.Least(-1)};
}

std::vector<std::vector<size_t>> NetworksWithin(const CostTable& costs, const CostBand& band,
                                                const std::vector<CostLimit>& limits,
                                                const std::vector<std::vector<double>>& score_lc, size_t count,
                                                int64_t seed) {
  const double there = CountNetworks(costs, band);
  if (there == 0) return {};
  Collector all(limits, costs, band);
  if (there <= static_cast<double>(kMostWalked)) {
    for (const std::vector<size_t>& network : AllNetworks(costs, band, 2 * kMostWalked)) all.Take(network);
    if (all.count() <= count) return all.All();
  }
  Collector chosen(limits, costs, band);
  if (all.count() > 0) {
    std::vector<std::vector<size_t>> networks = all.All();
    std::ranges::stable_sort(networks, std::greater(), [&](const auto& network) { return TotalOf(score_lc, network); });
    for (size_t i = 0; i < count / 2; ++i) chosen.Take(networks[i]);
  } else {
    for (const std::vector<size_t>& network :
         BestNetworks(costs, score_lc, band, limits.empty() ? count / 2 : 4 * count)) {
      if (chosen.count() < count / 2) chosen.Take(network);
    }
  }
  const std::vector<std::vector<double>> weight_lc = Weights(score_lc);
  DrawInto(chosen, costs, band, weight_lc, count, seed, 0);
  if (limits.empty()) return chosen.All();
  // Where few networks of the band meet the limits: ever nearer to those that cost little by all of them.
  const CostTable shares = SharesOf(costs, band, limits);
  const double most = static_cast<double>(limits.size() + 1), least = shares.Least();
  uint64_t round = 0;
  for (const double part : {1.0, 0.75, 0.5, 0.25, 0.1}) {
    ++round;
    const CostBand nearer{.low = 0, .high = least + part * (most - least)};
    if (chosen.count() < count && nearer.high >= least) DrawInto(chosen, shares, nearer, weight_lc, count, seed, round);
  }
  return chosen.All();
}

}  // namespace danas
