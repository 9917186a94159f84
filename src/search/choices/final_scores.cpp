#include "danas/search/choices/final_scores.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "danas/search/candidate_scores.h"

namespace danas {
namespace {

std::vector<ScoredNetwork> RankByLoss(std::vector<ScoredNetwork> networks) {
  std::ranges::stable_sort(networks, {}, &ScoredNetwork::loss);
  return networks;
}

// Of networks in the order of their losses.
ScoredRanking RankByFit(std::vector<ScoredNetwork> networks, const CostTable& costs, FinalEffects effects) {
  if (networks.size() <= MainEffects(costs)) return {.networks = std::move(networks)};
  std::vector<size_t> candidates_l;
  for (const std::vector<double>& cost_c : costs.candidates_lc) candidates_l.push_back(cost_c.size());
  std::vector<std::vector<size_t>> choices;
  std::vector<std::vector<float>> loss_pn;  // the mean over the images stands for one image
  for (const ScoredNetwork& network : networks) {
    choices.push_back(network.choice);
    loss_pn.push_back({static_cast<float>(network.loss)});
  }
  const PathEffects of_paths = effects == FinalEffects::kPairs ? PathEffects::kPairs : PathEffects::kMain;
  const CandidateScores scores = ScoresOfPaths(candidates_l, choices, loss_pn, of_paths);
  const NetworkScores totals = scores.Totals();
  double offset = 0;  // of the mean loss over that of the totals, which have none of the fit's mean
  for (const ScoredNetwork& network : networks) {
    offset += (network.loss + totals.Total(network.choice)) / static_cast<double>(networks.size());
  }
  for (ScoredNetwork& network : networks) network.fitted = offset - totals.Total(network.choice);
  std::ranges::stable_sort(networks, {}, &ScoredNetwork::fitted);
  const double z = scores.Z(networks[0].choice, networks[1].choice);
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

size_t MainEffects(const CostTable& costs) {
  size_t effects = 1;
  for (const std::vector<double>& cost_c : costs.candidates_lc) effects += cost_c.size() - 1;
  return effects;
}

int64_t FinalistsOf(const SearchConfig& config, bool fitted) {
  constexpr int64_t kByTheirLosses = 8;
  if (config.finalists > 0) return config.finalists;
  return fitted ? 1 : kByTheirLosses;
}

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

}  // namespace danas
