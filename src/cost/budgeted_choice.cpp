#include "danas/cost/budgeted_choice.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <sstream>

#include "danas/core/error.h"

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

void CheckScores(const CostTable& costs, const std::vector<std::vector<double>>& score_lc) {
  bool fits = score_lc.size() == costs.candidates_lc.size();
  for (size_t l = 0; fits && l < score_lc.size(); ++l) fits = score_lc[l].size() == costs.candidates_lc[l].size();
  if (!fits) throw ConfigError("scores and costs are of different shapes");
  for (const std::vector<double>& scores : score_lc) {
    if (!std::all_of(scores.begin(), scores.end(), [](double s) { return std::isfinite(s); })) {
      throw ConfigError("a candidate's score is not finite");
    }
  }
}

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

std::string Text(double value) {
  std::ostringstream text;
  text.precision(12);
  text << value;
  return text.str();
}

}  // namespace

std::vector<size_t> BestWithin(const CostTable& costs, const std::vector<std::vector<double>>& score_lc,
                               double budget) {
  CheckScores(costs, score_lc);
  const size_t layers = score_lc.size();
  double least_rest = costs.Least() - costs.fixed;  // of the layers still to come
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
    if (front.empty()) {
      throw ConfigError("no network costs at most " + Text(budget) + " " + costs.unit + "; this space reaches from " +
                        Text(costs.Least()) + " to " + Text(costs.Most()) +
                        "; raise the budget or take a smaller space");
    }
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
