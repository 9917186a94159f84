#include "danas/search/final_scores.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "danas/cost/band_count.h"
#include "danas/search/candidate_scores.h"
#include "danas/search/final_choice.h"

namespace danas {
namespace {

std::vector<ScoredNetwork> RankByLoss(std::vector<ScoredNetwork> networks) {
  std::ranges::stable_sort(networks, {}, [](const ScoredNetwork& network) {
    return std::isnan(network.loss) ? std::numeric_limits<double>::infinity() : network.loss;
  });
  return networks;
}

// Those at the end that diverged, whose losses no effects could tell, are left out.
size_t FiniteOnes(const std::vector<ScoredNetwork>& ranked) {
  return static_cast<size_t>(
      std::ranges::count_if(ranked, [](const ScoredNetwork& network) { return std::isfinite(network.loss); }));
}

size_t MainEffects(const CostTable& costs) {
  size_t effects = 1;
  for (const std::vector<double>& cost_c : costs.candidates_lc) effects += cost_c.size() - 1;
  return effects;
}

// Of networks in the order of their losses.
ScoredRanking RankByFit(std::vector<ScoredNetwork> networks, const CostTable& costs, FinalEffects effects) {
  const size_t finite = FiniteOnes(networks);
  if (finite <= MainEffects(costs)) return {.networks = std::move(networks)};
  std::vector<size_t> candidates_l;
  for (const std::vector<double>& cost_c : costs.candidates_lc) candidates_l.push_back(cost_c.size());
  std::vector<std::vector<size_t>> choices;
  std::vector<std::vector<float>> loss_pn;  // the mean over the images stands for one image
  double mean_loss = 0;
  for (size_t n = 0; n < finite; ++n) {
    choices.push_back(networks[n].choice);
    loss_pn.push_back({static_cast<float>(networks[n].loss)});
    mean_loss += networks[n].loss / static_cast<double>(finite);
  }
  const CandidateScores scores = ScoresOfPaths(
      candidates_l, choices, loss_pn, effects == FinalEffects::kPairs ? PathEffects::kPairs : PathEffects::kMain);
  const NetworkScores totals = scores.Totals();
  double mean_total = 0;
  for (const std::vector<size_t>& choice : choices) mean_total += totals.Total(choice) / static_cast<double>(finite);
  const auto fitted_end = networks.begin() + static_cast<std::ptrdiff_t>(finite);
  for (auto network = networks.begin(); network != fitted_end; ++network) {
    network->fitted = mean_loss + mean_total - totals.Total(network->choice);
  }
  for (auto network = fitted_end; network != networks.end(); ++network) network->fitted = network->loss;
  std::stable_sort(networks.begin(), fitted_end,
                   [](const ScoredNetwork& a, const ScoredNetwork& b) { return a.fitted < b.fitted; });
  const double z = finite > 1 ? scores.Z(networks[0].choice, networks[1].choice) : 0;
  return {.networks = std::move(networks), .effects = effects, .z = z};
}

std::vector<double> MeanLosses(const at::Tensor& loss_fn) {
  std::vector<double> means;
  if (!loss_fn.defined()) return means;
  const at::Tensor mean_f = loss_fn.to(at::kDouble).mean(1);
  for (int64_t f = 0; f < mean_f.size(0); ++f) means.push_back(mean_f[f].item<double>());
  return means;
}

}  // namespace

ScoredRanking RankScored(std::vector<ScoredNetwork> networks, const CostTable& costs, FinalEffects effects) {
  networks = RankByLoss(std::move(networks));
  if (effects == FinalEffects::kNone) return {.networks = std::move(networks)};
  return RankByFit(std::move(networks), costs, effects);
}

ScoredRanking FinalScores::Ranked(const CostTable& costs, FinalEffects effects) const {
  std::vector<ScoredNetwork> all;
  for (size_t n = 0; n < losses.size(); ++n) {
    all.push_back({networks[n], costs.OfNetwork(networks[n]), losses[n], accuracies[n]});
  }
  return RankScored(std::move(all), costs, effects);
}

std::vector<ScoredNetwork> FinalScores::RankedFinalists(const CostTable& costs) const {
  const std::vector<double> means = MeanLosses(finalist_loss_fn);
  std::vector<ScoredNetwork> all;
  for (size_t f = 0; f < finalists.size(); ++f) {
    all.push_back({finalists[f], costs.OfNetwork(finalists[f]), means[f], finalist_accuracies[f]});
  }
  return RankByLoss(std::move(all));
}

FinalScores::Margin FinalScores::MarginOfBest() const {
  const std::vector<double> means = MeanLosses(finalist_loss_fn);
  if (means.size() < 2) return {};
  std::vector<size_t> order(means.size());
  for (size_t f = 0; f < order.size(); ++f) order[f] = f;
  std::ranges::stable_sort(order, {}, [&](size_t f) { return means[f]; });
  const at::Tensor difference_n = (finalist_loss_fn[static_cast<int64_t>(order[1])].to(at::kDouble) -
                                   finalist_loss_fn[static_cast<int64_t>(order[0])].to(at::kDouble));
  const int64_t images = difference_n.size(0);
  const double deviation = images > 1 ? difference_n.std().item<double>() : 0;
  return {means[order[1]] - means[order[0]], deviation / std::sqrt(static_cast<double>(images))};
}

void Describe(StateFields& fields, FinalScores& scores) {
  auto& [settings, networks, losses, accuracies, finalists, finalist_accuracies, finalist_loss_fn] = scores;
  fields.Value("settings", settings);
  fields.Value("networks", networks);
  fields.Value("losses", losses);
  fields.Value("accuracies", accuracies);
  fields.Value("finalists", finalists);
  fields.Value("finalist_accuracies", finalist_accuracies);
  fields.Tensor("finalist_losses", finalist_loss_fn);
  if (fields.restoring() && finalist_loss_fn.defined()) finalist_loss_fn = finalist_loss_fn.cpu();
}

ScoredField FieldOf(const SearchConfig& config, const CostTable& costs, bool alpha_trained) {
  ScoredField field{.band = BandOf(config)};
  field.networks = CountNetworks(costs, field.band);
  if (field.networks == 0) {
    field.band.low = costs.Least();
    field.networks = CountNetworks(costs, field.band);
  }
  if (field.networks <= static_cast<double>(config.final_networks)) return field;
  const bool by_alpha =
      config.final_source == FinalSource::kBest || (config.final_source == FinalSource::kAuto && alpha_trained);
  field.source = by_alpha ? ScoredSource::kBest : ScoredSource::kEvolution;
  return field;
}

}  // namespace danas
