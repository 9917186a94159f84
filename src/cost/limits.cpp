#include "danas/cost/limits.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

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

// [layer][candidate]: those that may be taken.
using Allowed = std::vector<std::vector<bool>>;

Allowed AllOf(const CostTable& costs) {
  Allowed allowed_lc;
  for (const std::vector<double>& cost_c : costs.candidates_lc) allowed_lc.emplace_back(cost_c.size(), true);
  return allowed_lc;
}

// Leaves the candidates that cost at most `most` by themselves: where the greatest cost counts, the limit. False where
// no network is left.
bool Restrict(Allowed& allowed_lc, const CostTable& costs, double most) {
  bool any = costs.fixed <= most;
  for (size_t l = 0; l < allowed_lc.size(); ++l) {
    bool of_layer = false;
    for (size_t c = 0; c < allowed_lc[l].size(); ++c) {
      allowed_lc[l][c] = allowed_lc[l][c] && costs.candidates_lc[l][c] <= most;
      of_layer = of_layer || allowed_lc[l][c];
    }
    any = any && of_layer;
  }
  return any;
}

// Of limits on sums, one of them in question, over networks of allowed candidates.
class Reach {
 public:
  Reach(std::vector<const CostLimit*> others, const CostTable& question, Allowed allowed_lc)
      : question_(question), others_(std::move(others)), allowed_lc_(std::move(allowed_lc)) {}

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
          if (!allowed_lc_[layer][c]) continue;
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
    for (size_t l = cost_lc.size(); l-- > 0;) {
      double least = std::numeric_limits<double>::infinity();
      for (size_t c = 0; c < cost_lc[l].size(); ++c) {
        if (allowed_lc_[l][c]) least = std::min(least, cost_lc[l][c]);
      }
      rest[l] = rest[l + 1] + least;
    }
    return rest;
  }

  const CostTable& question_;
  std::vector<const CostLimit*> others_;
  Allowed allowed_lc_;
  mutable std::array<std::vector<double>, 2> rests_;
};

// Whether some network of allowed candidates keeps these limits on sums.
bool CanMeetAll(std::vector<const CostLimit*> sums, const Allowed& allowed_lc) {
  if (sums.empty()) return true;
  const CostLimit& last = *sums.back();
  sums.pop_back();
  const std::optional<double> least = Reach(std::move(sums), last.costs, allowed_lc).Least(1);
  return least && *least <= last.most;
}

// The reachable greatest costs among networks of allowed candidates that keep these limits on sums.
std::optional<CostBand> ReachOfGreatest(const CostTable& question, const std::vector<const CostLimit*>& sums,
                                        const Allowed& allowed_lc) {
  if (!CanMeetAll(sums, allowed_lc)) return std::nullopt;
  const std::vector<double> levels = question.Levels();
  const auto reached = std::ranges::partition_point(levels, [&](double level) {
    Allowed up_to_lc = allowed_lc;
    return !Restrict(up_to_lc, question, level) || !CanMeetAll(sums, up_to_lc);
  });
  CostBand reach{.low = *reached, .high = *reached};
  struct Dearer {
    double cost;
    size_t layer, candidate;
  };
  std::vector<Dearer> dearer;
  for (size_t l = 0; l < allowed_lc.size(); ++l) {
    for (size_t c = 0; c < allowed_lc[l].size(); ++c) {
      const double cost = question.candidates_lc[l][c];
      if (allowed_lc[l][c] && cost > reach.low) dearer.push_back({cost, l, c});
    }
  }
  // The dearest candidate with which the limits can be kept.
  std::ranges::stable_sort(dearer, std::greater(), &Dearer::cost);
  for (const auto& [cost, layer, candidate] : dearer) {
    Allowed with_lc = allowed_lc;
    with_lc[layer].assign(with_lc[layer].size(), false);
    with_lc[layer][candidate] = true;
    if (!CanMeetAll(sums, with_lc)) continue;
    reach.high = cost;
    break;
  }
  return reach;
}

// A space without some of its candidates, with their places in the whole one.
struct Part {
  CostTable costs;
  std::vector<CostLimit> limits;
  std::vector<std::vector<double>> score_lc;
  std::vector<std::vector<size_t>> place_lc;
};

template <typename Value>
void KeepAllowed(std::vector<std::vector<Value>>& value_lc, const Allowed& allowed_lc) {
  for (size_t l = 0; l < value_lc.size(); ++l) {
    std::vector<Value> kept_c;
    for (size_t c = 0; c < value_lc[l].size(); ++c) {
      if (allowed_lc[l][c]) kept_c.push_back(value_lc[l][c]);
    }
    value_lc[l] = std::move(kept_c);
  }
}

// Without the candidates that exceed a limit, or the band's high end, by themselves, and without the limits that all
// networks then keep; none where no network is left.
std::optional<Part> WithoutDearest(const CostTable& costs, const CostBand& band, const std::vector<CostLimit>& limits,
                                   const std::vector<std::vector<double>>& score_lc) {
  Allowed allowed_lc = AllOf(costs);
  Part part{.costs = costs, .limits = {}, .score_lc = score_lc, .place_lc = {}};
  if (costs.fold == CostFold::kMax && !Restrict(allowed_lc, costs, band.high)) return std::nullopt;
  for (const CostLimit& limit : limits) {
    if (limit.costs.fold == CostFold::kSum) {
      part.limits.push_back(limit);
    } else if (!Restrict(allowed_lc, limit.costs, limit.most)) {
      return std::nullopt;
    }
  }
  for (const std::vector<bool>& allowed_c : allowed_lc) {
    std::vector<size_t>& place_c = part.place_lc.emplace_back(allowed_c.size());
    for (size_t c = 0; c < place_c.size(); ++c) place_c[c] = c;
  }
  KeepAllowed(part.place_lc, allowed_lc);
  KeepAllowed(part.costs.candidates_lc, allowed_lc);
  KeepAllowed(part.score_lc, allowed_lc);
  for (CostLimit& limit : part.limits) KeepAllowed(limit.costs.candidates_lc, allowed_lc);
  return part;
}

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
// Greatest costs are no part of it, since every candidate that is left keeps their limits.
CostTable SharesOf(const CostTable& costs, const CostBand& band, const std::vector<CostLimit>& limits) {
  const double share = costs.fold == CostFold::kSum ? band.high : std::numeric_limits<double>::infinity();
  CostTable sum{.unit = "", .fixed = costs.fixed / share, .candidates_lc = costs.candidates_lc};
  for (std::vector<double>& cost_c : sum.candidates_lc) {
    for (double& cost : cost_c) cost /= share;
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

// NetworksWithin(), where greatest costs are limited by the band alone, whose high end each candidate keeps.
std::vector<std::vector<size_t>> NetworksOfPart(const CostTable& costs, const CostBand& band,
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
  const double summed = costs.fold == CostFold::kSum ? 1 : 0;
  const double most = static_cast<double>(limits.size()) + summed, least = shares.Least();
  uint64_t round = 0;
  for (const double part : {1.0, 0.75, 0.5, 0.25, 0.1}) {
    ++round;
    const CostBand nearer{.low = 0, .high = least + part * (most - least)};
    if (chosen.count() < count && nearer.high >= least) DrawInto(chosen, shares, nearer, weight_lc, count, seed, round);
  }
  return chosen.All();
}

}  // namespace

bool MeetsAll(const std::vector<CostLimit>& limits, const std::vector<size_t>& network) {
  return std::ranges::all_of(limits,
                             [&](const CostLimit& limit) { return limit.costs.OfNetwork(network) <= limit.most; });
}

std::optional<CostBand> ReachableCosts(const std::vector<CostLimit>& limits, size_t which) {
  Allowed allowed_lc = AllOf(limits.at(which).costs);
  const CostTable& question = limits[which].costs;
  std::vector<const CostLimit*> sums;
  bool any = true;
  for (size_t k = 0; k < limits.size(); ++k) {
    if (k == which) continue;
    if (limits[k].costs.fold == CostFold::kSum) {
      sums.push_back(&limits[k]);
    } else {
      any = Restrict(allowed_lc, limits[k].costs, limits[k].most) && any;
    }
  }
  if (sums.size() + (question.fold == CostFold::kSum ? 1 : 0) > 3)
    throw std::invalid_argument("reachable costs of one to three limits on sums");
  if (!any) return std::nullopt;
  if (question.fold == CostFold::kMax) return ReachOfGreatest(question, sums, allowed_lc);
  const Reach reach(std::move(sums), question, std::move(allowed_lc));
  const std::optional<double> least = reach.Least(1);
  if (!least) return std::nullopt;
  return CostBand{.low = *least, .high = -*reach.Least(-1)};
}

std::vector<std::vector<size_t>> NetworksWithin(const CostTable& costs, const CostBand& band,
                                                const std::vector<CostLimit>& limits,
                                                const std::vector<std::vector<double>>& score_lc, size_t count,
                                                int64_t seed) {
  const std::optional<Part> part = WithoutDearest(costs, band, limits, score_lc);
  if (!part) return {};
  std::vector<std::vector<size_t>> networks =
      NetworksOfPart(part->costs, band, part->limits, part->score_lc, count, seed);
  for (std::vector<size_t>& network : networks) {
    for (size_t l = 0; l < network.size(); ++l) network[l] = part->place_lc[l][network[l]];
  }
  return networks;
}

}  // namespace danas
