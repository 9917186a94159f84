#include <algorithm>
#include <optional>
#include <utility>

#include "choice.h"
#include "danas/config/config_file.h"
#include "danas/core/log.h"
#include "danas/search/budget_band.h"
#include "danas/search/budgets.h"
#include "danas/search/choices/argmax_choice.h"
#include "finalists.h"
#include "known_scores.h"
#include "network_source.h"
#include "scoring_work.h"
#include "src/search/search_setup.h"

namespace danas {
namespace {

// What a score depends on beside weights, images and seed, none of which a fork can change.
std::string SettingsOf(const Config& config) {
  const Json all = ToJson(config);
  Json settings = {{"search", all.at("search")}, {"train", all.at("train")}};
  for (const char* key : {"mean", "std", "test_resize", "augment", "decode"}) settings[key] = all.at("data").at(key);
  return JsonText(settings);
}

// search.final scored: networks that a source names are scored with the supernet's weights, then the finalists. What is
// known so far stands in the branch's final_scores.
class ScoredChoice : public Choice {
 public:
  explicit ScoredChoice(const TrainedBranch& trained);

  // Throws as SubnetScorer and BatchPass do; Interrupted between networks.
  FinalChoice Choose() override;

 private:
  void ScoreNetworks();
  void ScoreThose(const SubnetScorer& scorer, const std::vector<std::vector<size_t>>& networks,
                  const std::string& label);

  ScoringWork work_;
  ScoredField field_;
  std::shared_ptr<Supernet> supernet_;  // that the branch's networks are scored with
  KnownScores before_;
};

ScoredChoice::ScoredChoice(const TrainedBranch& trained)
    : work_(trained),
      field_(FieldOf(trained.inputs.config.search, trained.branch().costs, trained.branch().alpha.moments().steps > 0)),
      supernet_(PartOf(SupernetToScore(trained.inputs, trained.run.state), trained.branch())),
      before_(trained.run.state, trained.number) {
  const std::string settings = SettingsOf(work_.config());
  FinalScores& known = work_.branch().final_scores;
  if (known.settings != settings) {
    if (!known.losses.empty()) log::info("the final choice starts again: its scores were made with other settings");
    known = {.settings = settings};
  }
  if (field_.band.low < LeastCost(work_.config().search)) {
    const bool alone = work_.branch().budget.empty();
    log::info("{}none of the networks left costs as much as {}; those up to {} are scored",
              alone ? "" : "budget " + work_.branch().budget + ": ", alone ? "search.budget_min" : "0.95 of it",
              alone ? "search.budget_max" : "1.02 of it");
  }
}

FinalChoice ScoredChoice::Choose() {
  ScoreNetworks();
  Finalists(work_, before_, supernet_).Score();
  const Branch& branch = work_.branch();
  FinalChoice choice = ChooseNetwork(branch.alpha.Values(), branch.costs, LargestCost(work_.config().search));
  choice.choice = branch.final_scores.RankedFinalists(branch.costs).front().choice;
  choice.cost = branch.costs.OfNetwork(choice.choice);
  choice.bounded_by_budget = false;
  choice.scored = field_;
  return choice;
}

void ScoredChoice::ScoreNetworks() {
  const std::vector<double>& known = work_.branch().final_scores.losses;
  const auto source = MakeNetworkSource(field_, work_.branch(), work_.trained().number, work_.config());
  work_.SetNetworks(source->Count());
  std::optional<SubnetScorer> scorer;
  size_t told = 0;  // of those known
  for (auto waiting = source->Waiting(); !waiting.empty(); waiting = source->Waiting()) {
    if (told == known.size()) {
      if (!scorer) {
        const SearchInputs& inputs = work_.trained().inputs;
        scorer.emplace(supernet_, work_.sets(), inputs.config, inputs.device, inputs.ranks);
      }
      ScoreThose(*scorer, waiting, source->Label());
    }
    const size_t end = std::min(known.size(), told + waiting.size());
    source->Hand({known.begin() + static_cast<std::ptrdiff_t>(told), known.begin() + static_cast<std::ptrdiff_t>(end)});
    told = end;
  }
}

void ScoredChoice::ScoreThose(const SubnetScorer& scorer, const std::vector<std::vector<size_t>>& networks,
                              const std::string& label) {
  const TrainedBranch& trained = work_.trained();
  const Branch& branch = work_.branch();
  FinalScores& known = work_.branch().final_scores;
  std::vector<std::vector<size_t>> unknown;
  for (const std::vector<size_t>& network : networks) {
    if (!before_.OfNetwork(branch, network)) unknown.push_back(network);
  }
  const auto scored = static_cast<double>(known.losses.size()), more = static_cast<double>(networks.size());
  std::vector<SubnetScore> scores;
  if (!unknown.empty()) {
    scores = scorer.Score(unknown, {.progress = trained.progress,
                                    .label = work_.LabelOf(label),
                                    .run_share = work_.Part({scored, 0}, {scored + more, 0})});
  }
  auto next = scores.begin();
  for (const std::vector<size_t>& network : networks) {
    known.networks.push_back(network);
    const auto before = before_.OfNetwork(branch, network);
    known.losses.push_back(before ? before->loss : next->loss);
    known.accuracies.push_back(before ? before->accuracy : next->accuracy);
    if (!before) ++next;
  }
  trained.run.passed.Add(SearchPart::kScoring, scorer.MacsOfScore(unknown), work_.TakeSeconds());
  work_.KeepIfDue();
}

}  // namespace

std::unique_ptr<Choice> MakeScoredChoice(const TrainedBranch& trained) {
  return std::make_unique<ScoredChoice>(trained);
}

}  // namespace danas
