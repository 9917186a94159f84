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
NetworkScores WholeScores(NetworkScores scores) {
  const auto greatest = [](const std::vector<double>& list, double least) {
    for (const double score : list) least = std::max(least, std::abs(score));
    return least;
  };
  double largest = 0;
  for (const std::vector<double>& score_c : scores.score_lc) largest += greatest(score_c, 0);
  for (const std::vector<std::vector<double>>& pair_cd : scores.pair_lcd) {
    double layer = 0;
    for (const std::vector<double>& pair_d : pair_cd) layer = greatest(pair_d, layer);
    largest += layer;
  }
  const double unit = largest > 0 ? largest * std::exp2(-50) : 1;
  const auto round = [&](std::vector<double>& list) {
    for (double& score : list) score = std::round(score / unit);
  };
  for (std::vector<double>& score_c : scores.score_lc) round(score_c);
  for (std::vector<std::vector<double>>& pair_cd : scores.pair_lcd) {
    for (std::vector<double>& pair_d : pair_cd) round(pair_d);
  }
  return scores;
}

StepTable BestCompletions(const CostSteps& steps, const StepRange& range,
                          const std::vector<std::vector<double>>& score_lc) {
  return FoldCompletions(steps, range, 0, kNone, [&](double best, double rest, size_t l, size_t c) {
    return std::max(best, score_lc[l][c] + rest);
  });
}

// How a network's total grows layer by layer, and the best that can follow, without scores of pairs.
class SingleCompletions {
 public:
  SingleCompletions(const CostSteps& steps, const StepRange& range, const NetworkScores& scores)
      : score_lc_(scores.score_lc), best_ls_(BestCompletions(steps, range, scores.score_lc)) {}

  double Whole() const { return best_ls_[0][0]; }
  double Term(size_t layer, size_t /*before*/, size_t candidate) const { return score_lc_[layer][candidate]; }
  // After `candidate` in `layer`, `spent` steps in all.
  double Rest(size_t layer, size_t /*candidate*/, size_t spent) const { return best_ls_[layer + 1][spent]; }

 private:
  const std::vector<std::vector<double>>& score_lc_;
  StepTable best_ls_;
};

// The same with them: what follows depends on the layer's candidate.
class PairCompletions {
 public:
  PairCompletions(const CostSteps& steps, const StepRange& range, const NetworkScores& scores) : scores_(scores) {
    const size_t layers = steps.layers();
    best_lcs_.resize(layers);
    for (size_t l = layers; l-- > 0;) {
      const size_t candidates = scores.score_lc[l].size();
      best_lcs_[l].assign(candidates, std::vector<double>(range.last + 1, kNone));
      for (size_t c = 0; c < candidates; ++c) {
        std::vector<double>& best_s = best_lcs_[l][c];
        if (l + 1 == layers) std::fill(best_s.begin() + static_cast<std::ptrdiff_t>(range.first), best_s.end(), 0.0);
        for (size_t d = 0; l + 1 < layers && d < scores.score_lc[l + 1].size(); ++d) {
          const size_t taken = steps.above_least_lc[l + 1][d];
          const double term = Term(l + 1, c, d);
          const std::vector<double>& rest_s = best_lcs_[l + 1][d];
          ForEachSpent(steps.fold, taken, range.last, [&](size_t spent, size_t next) {
            best_s[spent] = std::max(best_s[spent], term + rest_s[next]);
          });
        }
      }
    }
    for (size_t c = 0; c < scores.score_lc[0].size(); ++c) {
      const size_t taken = steps.above_least_lc[0][c];
      if (taken <= range.last) whole_ = std::max(whole_, scores.score_lc[0][c] + best_lcs_[0][c][taken]);
    }
  }

  double Whole() const { return whole_; }
  double Term(size_t layer, size_t before, size_t candidate) const {
    return scores_.score_lc[layer][candidate] + (layer > 0 ? scores_.pair_lcd[layer - 1][before][candidate] : 0);
  }
  double Rest(size_t layer, size_t candidate, size_t spent) const { return best_lcs_[layer][candidate][spent]; }

 private:
  const NetworkScores& scores_;
  std::vector<StepTable> best_lcs_;  // [layer][candidate][spent after it]
  double whole_ = kNone;
};

// A choice for the first layers, chained by index.
struct Beginning {
  double score = 0;
  double bound = 0;  // with its best completion
  uint32_t parent = 0;
  uint32_t candidate = 0;
  uint32_t layers = 0;
  uint32_t spent = 0;
};

template <typename Completions>
class BestFirst {
 public:
  BestFirst(const CostSteps& steps, const StepRange& range, const Completions& completions)
      : steps_(steps), range_(range), completions_(completions), queue_(Later{beginnings_}) {
    Add({.bound = completions.Whole()});
  }

  bool exhausted() const { return queue_.empty(); }
  bool lost() const { return beginnings_.size() > kMostBeginnings; }

  // The next network; empty where the beginning that was looked at is none yet.
  std::vector<size_t> Next() {
    const uint32_t index = queue_.top();
    queue_.pop();
    const Beginning at = beginnings_[index];
    if (at.layers == steps_.layers()) return ChoiceOf(index);
    for (size_t c = 0; c < steps_.above_least_lc[at.layers].size(); ++c) {
      const size_t spent = StepsAfter(steps_.fold, at.spent, steps_.above_least_lc[at.layers][c]);
      if (spent > range_.last) continue;
      const double rest = completions_.Rest(at.layers, c, spent);
      if (rest == kNone) continue;
      const double score = at.score + completions_.Term(at.layers, at.candidate, c);
      Add({score, score + rest, index, static_cast<uint32_t>(c), at.layers + 1, static_cast<uint32_t>(spent)});
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
  const StepRange& range_;
  const Completions& completions_;
  std::vector<Beginning> beginnings_;
  std::priority_queue<uint32_t, std::vector<uint32_t>, Later> queue_;
};

template <typename Completions>
std::vector<std::vector<size_t>> BestOf(const CostTable& costs, const NetworkScores& scores, const CostBand& band,
                                        size_t count) {
  const CostSteps steps = MakeCostSteps(costs, band);
  const StepRange range = StepsWithin(costs, steps, band, StepEdges::kOutside);
  if (range.empty()) FailNothingWithin(costs, band, "no network");
  const NetworkScores whole = WholeScores(scores);
  const Completions completions(steps, range, whole);
  if (completions.Whole() == kNone) FailNothingWithin(costs, band, "no network");
  BestFirst<Completions> search(steps, range, completions);
  std::vector<std::vector<size_t>> networks;
  while (networks.size() < count && !search.exhausted()) {
    std::vector<size_t> network = search.Next();
    if (!network.empty() && band.Holds(costs.OfNetwork(network))) networks.push_back(std::move(network));
    if (search.lost()) FailNothingWithin(costs, band, "none of the best networks near this band");
  }
  if (networks.empty() && count > 0) FailNothingWithin(costs, band, "no network");
  return networks;
}

// What a layer's candidates bring, from the best beginnings that end in each of the layer before.
std::vector<std::vector<double>> PairMarginals(const CostTable& costs, const NetworkScores& scores,
                                               const CostBand& band) {
  const CostSteps steps = MakeCostSteps(costs, band);
  const StepRange range = StepsWithin(costs, steps, band, StepEdges::kOutside);
  if (range.empty()) FailNothingWithin(costs, band, "no network");
  const PairCompletions completions(steps, range, scores);
  if (completions.Whole() == kNone) FailNothingWithin(costs, band, "no network");
  std::vector<std::vector<double>> marginal_lc;
  StepTable before_cs(1, std::vector<double>(range.last + 1, kNone));
  before_cs[0][0] = 0;
  for (size_t l = 0; l < steps.layers(); ++l) {
    const size_t candidates = scores.score_lc[l].size();
    StepTable with_cs(candidates, std::vector<double>(range.last + 1, kNone));
    std::vector<double>& marginal_c = marginal_lc.emplace_back(candidates, kNone);
    for (size_t c = 0; c < candidates; ++c) {
      const size_t taken = steps.above_least_lc[l][c];
      for (size_t b = 0; b < before_cs.size(); ++b) {
        const double term = completions.Term(l, b, c);
        ForEachSpent(steps.fold, taken, range.last, [&](size_t spent, size_t next) {
          with_cs[c][next] = std::max(with_cs[c][next], before_cs[b][spent] + term);
        });
      }
      for (size_t s = 0; s <= range.last; ++s) {
        marginal_c[c] = std::max(marginal_c[c], with_cs[c][s] + completions.Rest(l, c, s));
      }
    }
    before_cs = std::move(with_cs);
  }
  return marginal_lc;
}

}  // namespace

std::vector<std::vector<size_t>> BestNetworks(const CostTable& costs, const std::vector<std::vector<double>>& score_lc,
                                              const CostBand& band, size_t count) {
  return BestNetworks(costs, NetworkScores{.score_lc = score_lc}, band, count);
}

std::vector<std::vector<size_t>> BestNetworks(const CostTable& costs, const NetworkScores& scores, const CostBand& band,
                                              size_t count) {
  CheckScores(costs, scores);
  return scores.pair_lcd.empty() ? BestOf<SingleCompletions>(costs, scores, band, count)
                                 : BestOf<PairCompletions>(costs, scores, band, count);
}

std::vector<std::vector<double>> MaxMarginals(const CostTable& costs, const std::vector<std::vector<double>>& score_lc,
                                              const CostBand& band) {
  CheckScores(costs, score_lc);
  const CostSteps steps = MakeCostSteps(costs, band);
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
      ForEachSpent(steps.fold, taken, range.last, [&](size_t spent, size_t next) {
        const double score = before_s[spent] + score_lc[l][c];
        marginal_c[c] = std::max(marginal_c[c], score + completions[l + 1][next]);
        next_s[next] = std::max(next_s[next], score);
      });
    }
    before_s = std::move(next_s);
  }
  return marginal_lc;
}

std::vector<std::vector<double>> MaxMarginals(const CostTable& costs, const NetworkScores& scores,
                                              const CostBand& band) {
  if (scores.pair_lcd.empty()) return MaxMarginals(costs, scores.score_lc, band);
  CheckScores(costs, scores);
  return PairMarginals(costs, scores, band);
}

}  // namespace danas
