#include "danas/search/final_scores.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "danas/cost/band_count.h"
#include "danas/search/final_choice.h"

namespace danas {
namespace {

std::vector<ScoredNetwork> RankByLoss(std::vector<ScoredNetwork> networks) {
  std::ranges::stable_sort(networks, {}, &ScoredNetwork::loss);
  return networks;
}

std::vector<double> MeanLosses(const at::Tensor& loss_fn) {
  std::vector<double> means;
  if (!loss_fn.defined()) return means;
  const at::Tensor mean_f = loss_fn.to(at::kDouble).mean(1);
  for (int64_t f = 0; f < mean_f.size(0); ++f) means.push_back(mean_f[f].item<double>());
  return means;
}

}  // namespace

std::vector<ScoredNetwork> FinalScores::Ranked(const CostTable& costs) const {
  std::vector<ScoredNetwork> all;
  for (size_t n = 0; n < losses.size(); ++n) {
    all.push_back({networks[n], costs.OfNetwork(networks[n]), losses[n], accuracies[n]});
  }
  return RankByLoss(std::move(all));
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
