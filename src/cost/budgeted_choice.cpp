#include "danas/cost/budgeted_choice.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <sstream>

#include "danas/core/error.h"
#include "scores.h"

namespace danas {
namespace {

// A choice for the first layers. Chained by index, so that the whole choice can be read back.
struct Partial {
  double cost = 0;
  double score = 0;
  uint32_t parent = 0;
  uint32_t candidate = 0;
};

// Cost rises strictly, and so does score: no entry is beaten by another in both.
using Front = std::vector<Partial>;

// Roundings of sums in another order stay far below this share.
constexpr double kSlack = 1e-9;

// Adds the entries of `more`, which is sorted by cost, to the front.
Front Merge(const Front& front, const Front& more) {
  Front all(front.size() + more.size());
  std::merge(front.begin(), front.end(), more.begin(), more.end(), all.begin(),
             [](const Partial& a, const Partial& b) { return a.cost != b.cost ? a.cost < b.cost : a.score > b.score; });
  double best = -std::numeric_limits<double>::infinity();
  size_t kept = 0;
  for (const Partial& partial : all) {
    if (partial.score <= best) continue;
    best = partial.score;
    all[kept++] = partial;
  }
  all.resize(kept);
  return all;
}

// Budget priced into the score: with price x per unit of cost, no network within the budget scores more than
// x * budget + the sum over layers of the greatest score - x * cost. `bonus`, `cost` and `score` are sums over the
// layers from l on: of those greatest terms, and of the candidates that give them.
struct Suffix {
  double bonus = 0;
  double cost = 0;
  double score = 0;
};

std::vector<Suffix> PricedSuffixes(const CostTable& costs, const std::vector<std::vector<double>>& score_lc,
                                   double price) {
  const size_t layers = score_lc.size();
  std::vector<Suffix> suffixes(layers + 1);
  for (size_t l = layers; l > 0; --l) {
    const std::vector<double>& cost_c = costs.candidates_lc[l - 1];
    const std::vector<double>& score_c = score_lc[l - 1];
    size_t best = 0;
    for (size_t c = 1; c < cost_c.size(); ++c) {
      const double gain = score_c[c] - price * cost_c[c] - (score_c[best] - price * cost_c[best]);
      if (gain > 0 || (gain == 0 && cost_c[c] < cost_c[best])) best = c;
    }
    suffixes[l - 1] = {suffixes[l].bonus + score_c[best] - price * cost_c[best], suffixes[l].cost + cost_c[best],
                       suffixes[l].score + score_c[best]};
  }
  return suffixes;
}

// The least price at which the best priced network keeps the budget, to rounding: it makes the bound tightest.
double BudgetPrice(const CostTable& costs, const std::vector<std::vector<double>>& score_lc, double budget) {
  const auto keeps_budget = [&](double price) {
    return costs.fixed + PricedSuffixes(costs, score_lc, price)[0].cost <= budget;
  };
  if (keeps_budget(0)) return 0;
  double low = 0;
  double high = 1e-12;
  while (!keeps_budget(high) && high < 1e30) high *= 2;
  for (int halving = 0; halving < 100; ++halving) {
    const double middle = (low + high) / 2;
    (keeps_budget(middle) ? high : low) = middle;
  }
  return high;
}

// Drops the entries that cannot lead to the best network. `found` is the highest score of a network within the budget
// known so far; each entry may raise it, going on with the priced choice.
void DropHopeless(Front& front, const Suffix& rest, double price, double budget, double& found) {
  for (const Partial& partial : front) {
    // Surely within: the network's own sum, from the first layer to the last, may round otherwise.
    if (partial.cost + rest.cost <= budget - kSlack * std::abs(budget))
      found = std::max(found, partial.score + rest.score);
  }
  const double enough = found - kSlack * (1 + std::abs(found));
  std::erase_if(front, [&](const Partial& partial) {
    return partial.score + rest.bonus + price * (budget - partial.cost) < enough;
  });
}

// Every layer may cost the whole budget, so that each takes its own best.
std::vector<size_t> BestOfEachLayer(const CostTable& costs, const std::vector<std::vector<double>>& score_lc,
                                    double budget) {
  std::vector<size_t> choice;
  for (size_t l = 0; l < score_lc.size(); ++l) {
    const std::vector<double>&cost_c = costs.candidates_lc[l], &score_c = score_lc[l];
    size_t best = cost_c.size();
    for (size_t c = 0; c < cost_c.size(); ++c) {
      if (cost_c[c] > budget) continue;
      const bool better = best == cost_c.size() || score_c[c] > score_c[best] ||
                          (score_c[c] == score_c[best] && cost_c[c] < cost_c[best]);
      if (better) best = c;
    }
    choice.push_back(best);
  }
  return choice;
}

std::string Text(double value) {
  std::ostringstream text;
  text.precision(12);
  text << value;
  return text.str();
}

[[noreturn]] void FailNothingWithin(const CostTable& costs, double budget) {
  throw ConfigError("no network costs at most " + Text(budget) + " " + costs.unit +
                    "; the networks of this space cost " + Text(costs.Least()) + " to " + Text(costs.Most()) +
                    "; raise the budget or use a smaller space");
}

}  // namespace

std::vector<size_t> BestWithin(const CostTable& costs, const std::vector<std::vector<double>>& score_lc,
                               double budget) {
  CheckScores(costs, score_lc);
  if (costs.fold == CostFold::kMax) {
    if (!(costs.Least() <= budget)) FailNothingWithin(costs, budget);
    return BestOfEachLayer(costs, score_lc, budget);
  }
  const size_t layers = score_lc.size();
  double least_rest = costs.Least() - costs.fixed;  // of the layers still to come
  const double price = BudgetPrice(costs, score_lc, budget);
  const std::vector<Suffix> rest = PricedSuffixes(costs, score_lc, price);
  double found = -std::numeric_limits<double>::infinity();
  std::vector<Front> fronts = {{{.cost = costs.fixed}}};
  for (size_t l = 0; l < layers; ++l) {
    const std::vector<double>& cost_c = costs.candidates_lc[l];
    least_rest -= *std::min_element(cost_c.begin(), cost_c.end());
    const double limit = l + 1 == layers ? budget : budget - least_rest + kSlack * std::abs(budget);
    Front front;
    for (size_t c = 0; c < cost_c.size(); ++c) {
      Front with_candidate;
      for (size_t p = 0; p < fronts[l].size(); ++p) {
        const Partial next{fronts[l][p].cost + cost_c[c], fronts[l][p].score + score_lc[l][c], static_cast<uint32_t>(p),
                           static_cast<uint32_t>(c)};
        if (!(next.cost <= limit)) break;
        with_candidate.push_back(next);
      }
      front = Merge(front, with_candidate);
    }
    if (front.empty()) FailNothingWithin(costs, budget);
    DropHopeless(front, rest[l + 1], price, budget, found);
    fronts.push_back(std::move(front));
  }

  std::vector<size_t> choice(layers);
  size_t index = fronts.back().size() - 1;  // the highest score is the last of the front
  for (size_t l = layers; l > 0; --l) {
    const Partial& partial = fronts[l][index];
    choice[l - 1] = partial.candidate;
    index = partial.parent;
  }
  return choice;
}

}  // namespace danas
