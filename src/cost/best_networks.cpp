#include "danas/cost/best_networks.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <queue>

#include "cost_steps.h"
#include "scores.h"

namespace danas {
namespace {

constexpr double kNone = -std::numeric_limits<double>::infinity();
constexpr size_t kMostBeginnings = 20'000'000;

// Scores as whole numbers, so that sums are exact in any order and equal networks are equal: else the search would
// widen over roundings. Totals stay below 2^51, which a double holds.
std::vector<std::vector<double>> WholeScores(const std::vector<std::vector<double>>& score_lc) {
  double largest = 0;
  for (const std::vector<double>& score_c : score_lc) {
    double layer = 0;
    for (const double score : score_c) layer = std::max(layer, std::abs(score));
    largest += layer;
  }
  const double unit = largest > 0 ? largest * std::exp2(-50) : 1;
  std::vector<std::vector<double>> whole_lc = score_lc;
  for (std::vector<double>& whole_c : whole_lc) {
    for (double& whole : whole_c) whole = std::round(whole / unit);
  }
  return whole_lc;
}

StepTable BestCompletions(const CostSteps& steps, const StepRange& range,
                          const std::vector<std::vector<double>>& score_lc) {
  return FoldCompletions(steps, range, 0, kNone, [&](double best, double rest, size_t l, size_t c) {
    return std::max(best, score_lc[l][c] + rest);
  });
}

// A choice for the first layers, chained by index.
struct Beginning {
  double score = 0;
  double bound = 0;  // with its best completion
  uint32_t parent = 0;
  uint32_t candidate = 0;
  uint32_t layers = 0;
  uint32_t spent = 0;
};

class BestFirst {
 public:
  BestFirst(const CostSteps& steps, const StepTable& completions, const std::vector<std::vector<double>>& score_lc)
      : steps_(steps), completions_(completions), score_lc_(score_lc), queue_(Later{beginnings_}) {
    Add({.bound = completions[0][0]});
  }

  bool exhausted() const { return queue_.empty(); }
  bool lost() const { return beginnings_.size() > kMostBeginnings; }

  // The next network; empty where the beginning that was looked at is none yet.
  std::vector<size_t> Next() {
    const uint32_t index = queue_.top();
    queue_.pop();
    const Beginning at = beginnings_[index];
    if (at.layers == steps_.layers()) return ChoiceOf(index);
    for (size_t c = 0; c < score_lc_[at.layers].size(); ++c) {
      const size_t spent = at.spent + steps_.above_least_lc[at.layers][c];
      if (spent >= completions_[0].size() || completions_[at.layers + 1][spent] == kNone) continue;
      const double score = at.score + score_lc_[at.layers][c];
      Add({score, score + completions_[at.layers + 1][spent], index, static_cast<uint32_t>(c), at.layers + 1,
           static_cast<uint32_t>(spent)});
    }
    return {};
  }

 private:
  // Highest bound first; of equal ones the longest, which ends soonest, then the one found first.
  struct Later {
    const std::vector<Beginning>& beginnings;
    bool operator()(uint32_t a, uint32_t b) const {
      if (beginnings[a].bound != beginnings[b].bound) return beginnings[a].bound < beginnings[b].bound;
      if (beginnings[a].layers != beginnings[b].layers) return beginnings[a].layers < beginnings[b].layers;
      return a > b;
    }
  };

  void Add(const Beginning& beginning) {
    beginnings_.push_back(beginning);
    queue_.push(static_cast<uint32_t>(beginnings_.size() - 1));
  }

  std::vector<size_t> ChoiceOf(uint32_t index) const {
    std::vector<size_t> choice(steps_.layers());
    for (size_t l = steps_.layers(); l > 0; --l) {
      choice[l - 1] = beginnings_[index].candidate;
      index = beginnings_[index].parent;
    }
    return choice;
  }

  const CostSteps& steps_;
  const StepTable& completions_;
  const std::vector<std::vector<double>>& score_lc_;
  std::vector<Beginning> beginnings_;
  std::priority_queue<uint32_t, std::vector<uint32_t>, Later> queue_;
};

}  // namespace

std::vector<std::vector<size_t>> BestNetworks(const CostTable& costs, const std::vector<std::vector<double>>& score_lc,
                                              const CostBand& band, size_t count) {
  CheckScores(costs, score_lc);
  const CostSteps steps = MakeCostSteps(costs);
  const StepRange range = StepsWithin(costs, steps, band, StepEdges::kOutside);
  if (range.empty()) FailNothingWithin(costs, band, "no network");
  const std::vector<std::vector<double>> whole_lc = WholeScores(score_lc);
  const StepTable completions = BestCompletions(steps, range, whole_lc);
  if (completions[0][0] == kNone) FailNothingWithin(costs, band, "no network");
  BestFirst search(steps, completions, whole_lc);
  std::vector<std::vector<size_t>> networks;
  while (networks.size() < count && !search.exhausted()) {
    std::vector<size_t> network = search.Next();
    if (!network.empty() && band.Holds(costs.OfNetwork(network))) networks.push_back(std::move(network));
    if (search.lost()) FailNothingWithin(costs, band, "none of the best networks near there");
  }
  if (networks.empty() && count > 0) FailNothingWithin(costs, band, "no network");
  return networks;
}

std::vector<std::vector<double>> MaxMarginals(const CostTable& costs, const std::vector<std::vector<double>>& score_lc,
                                              const CostBand& band) {
  CheckScores(costs, score_lc);
  const CostSteps steps = MakeCostSteps(costs);
  const StepRange range = StepsWithin(costs, steps, band, StepEdges::kOutside);
  if (range.empty()) FailNothingWithin(costs, band, "no network");
  const StepTable completions = BestCompletions(steps, range, score_lc);
  if (completions[0][0] == kNone) FailNothingWithin(costs, band, "no network");
  std::vector<std::vector<double>> marginal_lc;
  std::vector<double> before_s(range.last + 1, kNone);  // the best beginning that spent s steps
  before_s[0] = 0;
  for (size_t l = 0; l < steps.layers(); ++l) {
    std::vector<double> next_s(range.last + 1, kNone);
    std::vector<double>& marginal_c = marginal_lc.emplace_back(score_lc[l].size(), kNone);
    for (size_t c = 0; c < score_lc[l].size(); ++c) {
      const size_t taken = steps.above_least_lc[l][c];
      for (size_t s = 0; s + taken <= range.last; ++s) {
        const double score = before_s[s] + score_lc[l][c];
        marginal_c[c] = std::max(marginal_c[c], score + completions[l + 1][s + taken]);
        next_s[s + taken] = std::max(next_s[s + taken], score);
      }
    }
    before_s = std::move(next_s);
  }
  return marginal_lc;
}

}  // namespace danas
