#include "danas/easiness/truth_agreement.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

namespace danas {
namespace {

int Sign(double x) { return (x > 0) - (x < 0); }

// τ-b of a fixed set of pairs, each as often as its two networks were drawn.
class TauOfPairs {
 public:
  TauOfPairs(const Scores& x, const Scores& y, const Scores& cost, double near) : networks_(x.size()) {
    if (x.size() != y.size() || x.size() != cost.size()) {
      throw std::invalid_argument("scores, accuracies and costs of different numbers of networks");
    }
    for (size_t i = 0; i < x.size(); ++i) {
      for (size_t j = i + 1; j < x.size(); ++j) {
        if (std::abs(cost[i] - cost[j]) > near * (cost[i] + cost[j]) / 2) continue;
        pairs_.push_back({static_cast<uint32_t>(i), static_cast<uint32_t>(j), static_cast<int8_t>(Sign(x[i] - x[j])),
                          static_cast<int8_t>(Sign(y[i] - y[j]))});
      }
    }
  }

  int64_t pairs() const { return static_cast<int64_t>(pairs_.size()); }

  double Of(const std::vector<size_t>& drawn) const {
    std::vector<int64_t> times(networks_);
    for (const size_t network : drawn) ++times[network];
    int64_t agreeing = 0, apart_x = 0, apart_y = 0;
    for (const Pair& pair : pairs_) {
      const int64_t weight = times[pair.i] * times[pair.j];
      agreeing += weight * pair.x * pair.y;
      apart_x += weight * pair.x * pair.x;
      apart_y += weight * pair.y * pair.y;
    }
    if (apart_x == 0 || apart_y == 0) return kUndefined;
    return static_cast<double>(agreeing) / std::sqrt(static_cast<double>(apart_x) * static_cast<double>(apart_y));
  }

 private:
  struct Pair {
    uint32_t i, j;
    int8_t x, y;  // signs of the differences
  };
  size_t networks_;
  std::vector<Pair> pairs_;
};

// Places of those drawn that cost at most the budget.
std::vector<size_t> Within(const Scores& cost, double budget, const std::vector<size_t>& drawn) {
  std::vector<size_t> within;
  std::ranges::copy_if(drawn, std::back_inserter(within), [&](size_t place) { return cost[place] <= budget; });
  return within;
}

std::optional<size_t> BestByScore(const Scores& score, const std::vector<size_t>& places) {
  std::optional<size_t> best;
  for (const size_t place : places) {
    if (!best || score[place] > score[*best] || (score[place] == score[*best] && place < *best)) best = place;
  }
  return best;
}

int64_t CountBetter(const Scores& accuracy, const std::vector<size_t>& places, size_t than) {
  return std::ranges::count_if(places, [&](size_t place) { return accuracy[place] > accuracy[than]; });
}

BestWithinBudget MeasureBudget(const ScoredTruth& networks, double budget, const Bootstrap& bootstrap) {
  std::vector<size_t> all(networks.score.size());
  for (size_t place = 0; place < all.size(); ++place) all[place] = place;
  const std::vector<size_t> within = Within(networks.cost, budget, all);
  BestWithinBudget result{.budget = budget, .networks = std::ssize(within)};
  const std::optional<size_t> chosen = BestByScore(networks.score, within);
  if (!chosen) return result;
  result.chosen = *chosen;
  result.rank = 1 + CountBetter(networks.accuracy, within, *chosen);
  const auto of_best = [&](const auto& measure) {
    return bootstrap.Of([&](const std::vector<size_t>& drawn) {
      const std::vector<size_t> there = Within(networks.cost, budget, drawn);
      const std::optional<size_t> best = BestByScore(networks.score, there);
      return best ? measure(there, *best) : kUndefined;
    });
  };
  result.better = of_best([&](const std::vector<size_t>& there, size_t best) {
    return static_cast<double>(CountBetter(networks.accuracy, there, best)) / static_cast<double>(there.size());
  });
  result.regret = of_best([&](const std::vector<size_t>& there, size_t best) {
    double highest = networks.accuracy[best];
    for (const size_t place : there) highest = std::max(highest, networks.accuracy[place]);
    return highest - networks.accuracy[best];
  });
  return result;
}

Scores Select(const Scores& values, const std::vector<size_t>& places) {
  Scores selected;
  selected.reserve(places.size());
  for (const size_t place : places) selected.push_back(values[place]);
  return selected;
}

}  // namespace

double KendallTauNear(const Scores& x, const Scores& y, const Scores& cost, double near) {
  std::vector<size_t> all(x.size());
  for (size_t place = 0; place < all.size(); ++place) all[place] = place;
  return TauOfPairs(x, y, cost, near).Of(all);
}

TruthAgreement CompareWithTruth(const ScoredTruth& networks, const std::vector<double>& budgets, int64_t resamples,
                                int64_t seed) {
  const auto& [score, accuracy, cost] = networks;
  const TauOfPairs near(score, accuracy, cost, kNearCosts);
  const Bootstrap bootstrap(score.size(), resamples, seed);
  TruthAgreement agreement{.networks = std::ssize(score), .near_pairs = near.pairs(), .resamples = resamples};
  agreement.tau = bootstrap.Of(
      [&](const std::vector<size_t>& drawn) { return KendallTauB(Select(score, drawn), Select(accuracy, drawn)); });
  agreement.tau_near = bootstrap.Of([&](const std::vector<size_t>& drawn) { return near.Of(drawn); });
  for (const double budget : budgets) agreement.budgets.push_back(MeasureBudget(networks, budget, bootstrap));
  return agreement;
}

Json ToJson(const TruthAgreement& agreement) {
  Json budgets = Json::array();
  for (const BestWithinBudget& budget : agreement.budgets) {
    Json json = {{"budget", budget.budget}, {"networks", budget.networks}};
    if (budget.networks > 0) {
      json["rank"] = budget.rank;
      json["better"] = ToJson(budget.better);
      json["regret"] = ToJson(budget.regret);
    }
    budgets.push_back(std::move(json));
  }
  return {{"networks", agreement.networks},         {"near_pairs", agreement.near_pairs},
          {"resamples", agreement.resamples},       {"tau", ToJson(agreement.tau)},
          {"tau_near", ToJson(agreement.tau_near)}, {"budgets", std::move(budgets)}};
}

}  // namespace danas
