#include "final_events.h"

#include <algorithm>

#include "search_events.h"

namespace danas {
namespace {

constexpr size_t kMostListed = 10;

Json ScoredList(std::vector<ScoredNetwork> ranked, const SearchSpace& space, FinalEffects effects) {
  ranked.resize(std::min(ranked.size(), kMostListed));
  Json list = Json::array();
  for (const ScoredNetwork& network : ranked) {
    list.push_back({{"network", ChoiceNames(space, network.choice)},
                    {"cost", network.cost},
                    {"loss", network.loss},
                    {"accuracy", network.accuracy}});
    if (effects != FinalEffects::kNone) list.back()["fitted_loss"] = network.fitted;
  }
  return list;
}

}  // namespace

Json ScoresJson(const ScoredField& field, const Branch& branch, const SearchConfig& search) {
  const FinalScores& scores = branch.final_scores;
  const FinalScores::Margin margin = scores.MarginOfBest();
  const CostTable& costs = branch.costs;
  const ScoredRanking ranking = scores.Ranked(costs, search.final_effects);
  Json json = {{"source", NameOf(field.source)},
               {"band", {field.band.low, field.band.high}},
               {"networks_in_band", field.networks},
               {"scored", scores.losses.size()},
               {"best", ScoredList(ranking.networks, branch.space(), ranking.effects)},
               {"finalist_images", search.finalist_images},
               {"finalist_scoring_images", scores.finalist_loss_fn.size(1)},
               {"finalists", ScoredList(scores.RankedFinalists(costs), branch.space(), FinalEffects::kNone)},
               {"margin", margin.loss},
               {"standard_error", margin.standard_error},
               {"effects", NameOf(ranking.effects)}};
  if (ranking.effects != FinalEffects::kNone) json["z"] = ranking.z;
  return json;
}

}  // namespace danas
