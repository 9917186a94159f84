#include "measured_scores.h"

#include <ATen/ATen.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <string>

#include "danas/core/random.h"
#include "danas/cost/band_count.h"
#include "danas/cost/band_sampler.h"
#include "danas/search/arch_parameters.h"
#include "danas/search/final_choice.h"
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

at::Tensor ProbabilityOf(const std::vector<double>& log_p_c, at::ScalarType type) {
  at::Tensor probability_c = at::empty({std::ssize(log_p_c)}, at::kDouble);
  for (size_t c = 0; c < log_p_c.size(); ++c) probability_c[static_cast<int64_t>(c)] = std::exp(log_p_c[c]);
  return probability_c.to(type);
}

// softmax(α), with 0 for one candidate where one is masked.
at::Tensor MaskedProbability(const std::vector<double>& alpha_c, size_t masked, at::ScalarType type) {
  std::vector<double> others_c = alpha_c;
  others_c.erase(others_c.begin() + static_cast<std::ptrdiff_t>(masked));
  std::vector<double> log_p_c = LogSoftmax(others_c);
  log_p_c.insert(log_p_c.begin() + static_cast<std::ptrdiff_t>(masked), -INFINITY);
  return ProbabilityOf(log_p_c, type);
}

CandidateScores MeasureByMasking(const SubnetScorer& scorer, const ArchParameters& alpha, const ScoringOptions& options,
                                 double& macs) {
  const std::vector<std::vector<double>> alpha_lc = alpha.Values();
  std::vector<LayerChoice> choices;
  int64_t candidates = 0, done = 0;
  for (size_t l = 0; l < alpha_lc.size(); ++l) {
    choices.push_back({.probability_c = ProbabilityOf(LogSoftmax(alpha_lc[l]), alpha.alpha(l).scalar_type())});
    candidates += alpha_lc[l].size() > 1 ? std::ssize(alpha_lc[l]) : 0;
  }
  macs += static_cast<double>(candidates + 1) * scorer.MacsOfMixture(choices);
  const std::vector<float> whole_n = scorer.ScoreMixture(choices, ImageLosses::kGive).loss_n;
  std::vector<std::vector<std::vector<float>>> masked_lcn;
  for (size_t l = 0; l < alpha_lc.size(); ++l) {
    std::vector<std::vector<float>>& masked_cn = masked_lcn.emplace_back();
    if (alpha_lc[l].size() == 1) masked_cn.push_back(whole_n);
    for (size_t c = 0; alpha_lc[l].size() > 1 && c < alpha_lc[l].size(); ++c) {
      std::vector<LayerChoice> without = choices;
      without[l].probability_c = MaskedProbability(alpha_lc[l], c, alpha.alpha(l).scalar_type());
      masked_cn.push_back(scorer.ScoreMixture(without, ImageLosses::kGive).loss_n);
      ++done;
      if (options.progress == nullptr || !options.progress->Due()) continue;
      Progress progress{.label = options.label, .done = done, .total = candidates};
      progress.run_share_done = options.run_share(static_cast<double>(done) / static_cast<double>(candidates));
      options.progress->Show(progress);
    }
  }
  return ScoresOfMasking(masked_lcn, whole_n);
}

CandidateScores MeasureByPaths(const SubnetScorer& scorer, const SearchInputs& inputs, const SearchRun& run,
                               const ScoringOptions& options, double& macs) {
  const SearchState& state = run.state;
  const std::vector<std::vector<size_t>> networks =
      DrawPaths(state.costs, inputs.config.search, inputs.config.seed, run.position.phase);
  macs += scorer.MacsOfScore(networks);
  std::vector<std::vector<float>> loss_pn;
  for (SubnetScore& score : scorer.Score(networks, options)) loss_pn.push_back(std::move(score.loss_n));
  std::vector<size_t> candidates_l;
  for (const LayerSpec& layer : state.space().layers()) candidates_l.push_back(layer.candidates.size());
  return ScoresOfPaths(candidates_l, networks, loss_pn, inputs.config.search.pruning.effects);
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

CandidateScores MeasureCandidates(const SearchInputs& inputs, const SearchCourse& course, const PhasePlan& plan,
                                  SearchRun& run, ProgressSink* progress) {
  const auto start = std::chrono::steady_clock::now();
  const SearchState& state = run.state;
  const Config& config = inputs.config;
  const PruningScore kind = config.search.pruning.score;
  if (kind == PruningScore::kAlpha) return ScoresOfAlpha(state.alpha.Values(), state.alpha.evidence());
  const int classes = plan.phase.classes;
  const ScoringSets sets{.validation = EasiestClasses(course.split.architecture, course.order, classes),
                         .training = EasiestClasses(course.split.weights, course.order, classes),
                         .classes = classes};
  const SubnetScorer scorer(SupernetToScore(inputs, state), sets, config, inputs.device, inputs.ranks);
  ScoringOptions options{
      .losses = ImageLosses::kGive,
      .progress = progress,
      .label = plan.phase.name + ", scoring candidates",
      .run_share = [&](double share) { return (run.work.done + share * plan.scoring_macs) / run.work.total; }};
  double macs = 0;
  CandidateScores scores = kind == PruningScore::kPaths ? MeasureByPaths(scorer, inputs, run, options, macs)
                                                        : MeasureByMasking(scorer, state.alpha, options, macs);
  run.passed.Add(SearchPart::kScoring, macs,
                 std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  return scores;
}

}  // namespace danas
