#include "measured_scores.h"

#include <ATen/ATen.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "danas/core/random.h"
#include "danas/core/seconds_since.h"
#include "danas/core/softmax.h"
#include "danas/cost/band_count.h"
#include "danas/cost/band_sampler.h"
#include "danas/search/arch_parameters.h"
#include "danas/search/budget_band.h"
#include "danas/search/budgets.h"
#include "danas/search/score.h"
#include "search_setup.h"

namespace danas {
namespace {

// Draws in a row that bring nothing new before the rest of a band is given up: networks that are left to find are then
// a small part of it.
constexpr int kMostMisses = 100'000;

// In spaces of no more networks CountNetworks() is exact.
constexpr double kMostCounted = 1 << 20;

std::vector<size_t> DrawFromAll(const CostTable& costs, RandomStream& random) {
  std::vector<size_t> network;
  for (const std::vector<double>& cost_c : costs.candidates_lc) network.push_back(random.UniformInt(cost_c.size()));
  return network;
}

at::Tensor ProbabilityOf(std::vector<double> log_p_c, at::ScalarType type) {
  return at::tensor(ProbabilitiesOf(std::move(log_p_c)), at::kDouble).to(type);
}

// softmax(α), with 0 for one candidate where one is masked.
at::Tensor MaskedProbability(const std::vector<double>& alpha_c, size_t masked, at::ScalarType type) {
  std::vector<double> others_c = alpha_c;
  others_c.erase(others_c.begin() + static_cast<std::ptrdiff_t>(masked));
  std::vector<double> log_p_c = LogSoftmax(others_c);
  log_p_c.insert(log_p_c.begin() + static_cast<std::ptrdiff_t>(masked), -INFINITY);
  return ProbabilityOf(std::move(log_p_c), type);
}

// How far the scoring for a pruning got, over all branches.
class Shown {
 public:
  Shown(const ScoringOptions& options, const SearchState& state)
      : loop_{.sink = options.progress, .label = options.label, .run_share = options.run_share} {
    for (const Branch& branch : state.branches) {
      for (const LayerSpec& layer : branch.space().layers()) {
        loop_.total += layer.candidates.size() > 1 ? std::ssize(layer.candidates) : 0;
      }
    }
  }

  void Next() {
    ++done_;
    if (loop_.Due()) loop_.Show(done_);
  }

 private:
  LoopProgress loop_;  // over the candidates to be masked
  int64_t done_ = 0;
};

CandidateScores MeasureByMasking(const SubnetScorer& scorer, const ArchParameters& alpha, Shown& shown, double& macs) {
  const std::vector<std::vector<double>> alpha_lc = alpha.Values();
  std::vector<LayerChoice> choices;
  for (size_t l = 0; l < alpha_lc.size(); ++l) {
    choices.push_back({.probability_c = ProbabilityOf(LogSoftmax(alpha_lc[l]), alpha.alpha(l).scalar_type())});
  }
  int64_t mixtures = 1;
  for (const std::vector<double>& alpha_c : alpha_lc) mixtures += alpha_c.size() > 1 ? std::ssize(alpha_c) : 0;
  macs += static_cast<double>(mixtures) * scorer.MacsOfMixture(choices);
  const std::vector<float> whole_n = scorer.ScoreMixture(choices, ImageLosses::kGive).loss_n;
  std::vector<std::vector<std::vector<float>>> masked_lcn;
  for (size_t l = 0; l < alpha_lc.size(); ++l) {
    std::vector<std::vector<float>>& masked_cn = masked_lcn.emplace_back();
    if (alpha_lc[l].size() == 1) masked_cn.push_back(whole_n);
    for (size_t c = 0; alpha_lc[l].size() > 1 && c < alpha_lc[l].size(); ++c) {
      std::vector<LayerChoice> without = choices;
      without[l].probability_c = MaskedProbability(alpha_lc[l], c, alpha.alpha(l).scalar_type());
      masked_cn.push_back(scorer.ScoreMixture(without, ImageLosses::kGive).loss_n);
      shown.Next();
    }
  }
  return ScoresOfMasking(masked_lcn, whole_n);
}

// All branches' networks at once, as networks of the run's supernet: what they have in common is computed once.
std::vector<CandidateScores> MeasureByPaths(const SubnetScorer& scorer, const SearchCourse& course,
                                            const SearchRun& run, const ScoringOptions& options, double& macs) {
  std::vector<std::vector<std::vector<size_t>>> networks_of_branch;
  std::map<std::vector<size_t>, size_t> places;  // in lexicographic order, so that neighbours share their first layers
  for (size_t b = 0; b < run.state.branches.size(); ++b) {
    const Branch& branch = run.state.branches[b];
    const Config& config = course.budgets[b].config;
    networks_of_branch.push_back(DrawPaths(branch.costs, config.search, config.seed, run.position.phase));
    for (const std::vector<size_t>& network : networks_of_branch.back()) places[InSupernet(branch, network)] = 0;
  }
  std::vector<std::vector<size_t>> all;
  for (auto& [network, place] : places) {
    place = all.size();
    all.push_back(network);
  }
  macs += scorer.MacsOfScore(all);
  const std::vector<SubnetScore> scores = scorer.Score(all, options);
  std::vector<CandidateScores> of_branches;
  for (size_t b = 0; b < networks_of_branch.size(); ++b) {
    const Branch& branch = run.state.branches[b];
    std::vector<std::vector<float>> loss_pn;
    for (const std::vector<size_t>& network : networks_of_branch[b]) {
      loss_pn.push_back(scores[places.at(InSupernet(branch, network))].loss_n);
    }
    std::vector<size_t> candidates_l;
    for (const LayerSpec& layer : branch.space().layers()) candidates_l.push_back(layer.candidates.size());
    of_branches.push_back(
        ScoresOfPaths(candidates_l, networks_of_branch[b], loss_pn, course.budgets[b].config.search.pruning.effects));
  }
  return of_branches;
}

}  // namespace

std::vector<std::vector<size_t>> DrawPaths(const CostTable& costs, const SearchConfig& config, int64_t seed,
                                           int64_t phase) {
  const auto wanted = static_cast<size_t>(config.pruning.paths);
  const bool aware = config.pruning.budget == PruningBudget::kAware;
  const CostBand band = aware ? BandOf(config) : CostBand{.low = 0, .high = std::numeric_limits<double>::infinity()};
  double all = 1;
  for (const std::vector<double>& cost_c : costs.candidates_lc) all *= static_cast<double>(cost_c.size());
  if (all <= kMostCounted && CountNetworks(costs, band) <= static_cast<double>(wanted)) {
    return AllNetworks(costs, band, wanted);
  }
  std::optional<BandSampler> sampler;
  if (aware) sampler.emplace(costs, band);
  RandomStream random(static_cast<uint64_t>(seed), "pruning paths", {static_cast<uint64_t>(phase)});
  std::set<std::vector<size_t>> drawn;
  for (int misses = 0; drawn.size() < wanted && misses < kMostMisses;) {
    misses = drawn.insert(sampler ? sampler->Draw(random) : DrawFromAll(costs, random)).second ? 0 : misses + 1;
  }
  return {drawn.begin(), drawn.end()};
}

std::vector<CandidateScores> MeasureCandidates(const SearchInputs& inputs, const SearchCourse& course,
                                               const PhasePlan& plan, SearchRun& run, ProgressSink* progress) {
  const auto start = std::chrono::steady_clock::now();
  const SearchState& state = run.state;
  const Config& config = inputs.config;
  const PruningScore kind = config.search.pruning.score;
  std::vector<CandidateScores> scores;
  if (kind == PruningScore::kAlpha) {
    for (const Branch& branch : state.branches) {
      scores.push_back(ScoresOfAlpha(branch.alpha.Values(), branch.alpha.evidence()));
    }
    return scores;
  }
  const int classes = plan.phase.classes;
  const ScoringSets sets{.validation = EasiestClasses(course.split.architecture, course.order, classes),
                         .training = EasiestClasses(course.split.weights, course.order, classes),
                         .classes = classes};
  const std::shared_ptr<Supernet> supernet = SupernetToScore(inputs, state);
  SubnetScorer scorer(supernet, sets, config, inputs.device, inputs.ranks);
  const ScoringOptions options{
      .losses = ImageLosses::kGive,
      .progress = progress,
      .label = plan.phase.name + ", scoring candidates",
      .run_share = PartOfRun{.before = run.work.done / run.work.total, .part = plan.scoring_macs / run.work.total}};
  double macs = 0;
  if (kind == PruningScore::kPaths) {
    scores = MeasureByPaths(scorer, course, run, options, macs);
  } else {
    Shown shown(options, state);
    for (const Branch& branch : state.branches) {
      scorer.Use(PartOf(supernet, branch));
      scores.push_back(MeasureByMasking(scorer, branch.alpha, shown, macs));
    }
  }
  run.passed.Add(SearchPart::kScoring, macs,
                 SecondsSince(start));
  return scores;
}

}  // namespace danas
