#include "scored_networks.h"

#include <algorithm>
#include <numeric>

#include "danas/arch/network_name.h"

namespace danas {

std::vector<double> ScoresOf(const std::vector<SubnetScore>& subnets) {
  std::vector<double> scores;
  for (const SubnetScore& subnet : subnets) scores.push_back(-subnet.loss);
  return scores;
}

std::vector<double> TotalsOf(const std::vector<std::vector<double>>& score_lc, const Networks& networks) {
  std::vector<double> totals;
  for (const std::vector<size_t>& network : networks) {
    double total = 0;
    for (size_t l = 0; l < network.size(); ++l) total += score_lc[l][network[l]];
    totals.push_back(total);
  }
  return totals;
}

NetworkRanking OrderNetworks(const ScoredNetworks& scored, const SearchedRun& run, const std::string& score) {
  const CostTable costs = MakeCostTable(*run.cost, run.space());
  const CostTable parameters = MakeCostTable(*MakeParametersModel(), run.space());
  NetworkRanking ranking{.run = run.folder.string(),
                         .score = score,
                         .unit = costs.unit,
                         .words = events::WordsOf(NameOf(run.config.task))};
  if (scored.state) {
    ranking.state = {.file = scored.state->checkpoint.files.manifest.string(),
                     .when = scored.state->when,
                     .weight_steps = scored.state->weight_steps,
                     .classes = scored.state->classes};
  }
  if (!scored.subnets.empty()) {
    ranking.statistics = NameOf(run.config.search.scoring.statistics);
    ranking.ema = run.config.search.scoring.ema;
    ranking.images = scored.images;
  }
  std::vector<size_t> order(scored.networks.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, [&](size_t a, size_t b) { return scored.scores[a] > scored.scores[b]; });
  for (const size_t i : order) {
    RankedNetwork network{.name = NetworkName(scored.networks[i]),
                          .score = scored.scores[i],
                          .cost = costs.OfNetwork(scored.networks[i]),
                          .parameters = parameters.OfNetwork(scored.networks[i])};
    if (!scored.subnets.empty()) {
      network.loss = scored.subnets[i].loss;
      network.accuracy = scored.subnets[i].accuracy;
      if (scored.fitted) network.fitted = -scored.scores[i];
    }
    ranking.networks.push_back(std::move(network));
  }
  return ranking;
}

}  // namespace danas
