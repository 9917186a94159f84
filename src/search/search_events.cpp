#include "search_events.h"

#include <optional>

#include "danas/core/hash.h"
#include "danas/run/device.h"
#include "danas/run/memory.h"

namespace danas {
namespace {

Json PlanFields(const PhasePlan& plan) {
  Json fields = {{"phase", plan.phase.name},
                 {"classes", plan.phase.classes},
                 {"epochs", plan.phase.epochs},
                 {"searches", plan.phase.searches},
                 {"weight_images", plan.weight_images},
                 {"architecture_images", plan.architecture_images},
                 {"weight_steps", plan.weight_steps},
                 {"alpha_steps", plan.alpha_steps},
                 {"cuts", plan.cuts},
                 {"scored", plan.scored},
                 {"scoring_macs", plan.scoring_macs},
                 {"candidates", plan.candidates},
                 {"paths_per_step", plan.paths_per_step},
                 {"macs_per_image", plan.macs_per_image},
                 {"alpha_macs_per_image", plan.alpha_macs_per_image},
                 {"parameters", plan.parameters}};
  if (plan.alpha_passes > 1) fields["alpha_passes"] = plan.alpha_passes;
  return fields;
}

Json PathFields(const PathTotals& totals) {
  return {{"count", totals.paths},           {"mean_cost", totals.cost_sum / static_cast<double>(totals.paths)},
          {"least_cost", totals.least_cost}, {"most_cost", totals.most_cost},
          {"steps", totals.groups},          {"strictly_fair_steps", totals.strictly_fair}};
}

double CostOfProbabilities(const Branch& branch) {
  const std::vector<std::vector<double>> probability_lc = branch.alpha.Probabilities();
  double cost = branch.costs.fixed;
  for (size_t l = 0; l < probability_lc.size(); ++l) {
    for (size_t c = 0; c < probability_lc[l].size(); ++c)
      cost += probability_lc[l][c] * branch.costs.candidates_lc[l][c];
  }
  return cost;
}

std::vector<std::string> CandidateNames(const LayerSpec& layer) {
  std::vector<std::string> names;
  for (const BlockSpec& block : layer.candidates) names.push_back(CandidateName(block));
  return names;
}

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json CutFields(const LayerCut& cut, const std::set<size_t>& dropped, const LayerSpec& layer) {
  const std::vector<std::string> names = CandidateNames(layer);
  std::vector<std::string> dropped_names, kept_names;
  for (size_t c = 0; c < names.size(); ++c) (dropped.contains(c) ? dropped_names : kept_names).push_back(names[c]);
  Json fields = {{"layer", cut.layer},
                 {"dropped", dropped_names},
                 {"kept", kept_names},
                 {"last_kept", names[cut.last_kept]},
                 {"first_dropped", names[cut.first_dropped]},
                 {"gap", cut.gap},
                 {"z", OrNull(cut.z)},
                 {"conflict", cut.conflict}};
  if (cut.total_gap) fields["total_gap"] = *cut.total_gap;
  return fields;
}

Json NamesOf(const LayerCandidates& candidates, const SearchSpace& space) {
  Json names = Json::array();
  for (const auto& [layer, of_layer] : candidates) {
    for (const size_t c : of_layer) {
      names.push_back({{"layer", layer}, {"candidate", CandidateName(space.layers()[layer].candidates.at(c))}});
    }
  }
  return names;
}

// Of an architecture pass, into the epoch's fields or the branch's.
void AddArchitecture(const ArchitectureResult& architecture, Json& fields) {
  fields["validation_loss"] = architecture.class_loss;
  fields["validation_accuracy"] = architecture.pass.accuracy;
  fields["validation_images"] = architecture.pass.images;
  fields["architecture_loss"] = architecture.pass.loss;
  fields["sampled_cost"] = architecture.expected_cost;
}

void AddAlpha(const Branch& branch, bool with_evidence, Json& fields) {
  fields["expected_cost"] = CostOfProbabilities(branch);
  fields["alpha_entropy"] = RelativeEntropy(branch.alpha.Probabilities());
  if (with_evidence) fields["z_rms"] = branch.alpha.evidence().RootMeanSquare();
}

Json BranchesOfEpoch(const EpochReport& report, const SearchState& state) {
  Json branches = Json::array();
  for (size_t b = 0; b < report.architecture.size(); ++b) {
    Json fields = {{"budget", state.branches[b].budget}};
    AddArchitecture(report.architecture[b], fields);
    AddAlpha(state.branches[b], /*with_evidence=*/true, fields);
    branches.push_back(std::move(fields));
  }
  return branches;
}

std::string ChosenBy(const FinalChoice& choice) {
  if (choice.scored) return "scores";
  return choice.sampled ? "sample" : "alpha";
}

Json FoundFields(const FoundNetwork& found, const FinalChoice& choice, const Branch& branch) {
  return {{"network", ChoiceNames(branch.space(), choice.choice)},
          {"argmax", ChoiceNames(branch.space(), choice.argmax)},
          {"bounded_by_budget", choice.bounded_by_budget},
          {"chosen_by", ChosenBy(choice)},
          {"unit", branch.costs.unit},
          {"cost", choice.cost},
          {"argmax_cost", choice.argmax_cost},
          {"macs", CountMacs(found.best.network)},
          {"parameters", CountParameters(found.best.network)}};
}

}  // namespace

std::vector<std::string> ChoiceNames(const SearchSpace& space, const std::vector<size_t>& choice) {
  std::vector<std::string> names;
  for (size_t l = 0; l < choice.size(); ++l) names.push_back(CandidateName(space.layers()[l].candidates.at(choice[l])));
  return names;
}

Event StartEvent(const SearchInputs& inputs, const SearchPlan& plan) {
  Json phases = Json::array();
  for (const PhasePlan& phase : plan.phases) phases.push_back(PlanFields(phase));
  Event event = {"search_start",
                 {{"seed", inputs.config.seed},
                  {"device", plan.device},
                  {"space", inputs.space.name()},
                  {"dataset", inputs.training_set->name},
                  {"fingerprint", HexText(inputs.training_set->fingerprint)},
                  {"ranking", inputs.ranking.source},
                  {"class_order", inputs.ranking.order},
                  {"layers", inputs.space.layers().size()},
                  {"searchable_layers", plan.searchable_layers},
                  {"networks", plan.networks},
                  {"unit", plan.unit},
                  {"least", plan.least},
                  {"most", plan.most},
                  {"budget", plan.budget},
                  {"budget_max", plan.budget_max},
                  {"batch", plan.batch},
                  {"alpha_batch", plan.alpha_batch},
                  {"paths", plan.paths},
                  {"weight_steps", plan.weight_steps()},
                  {"alpha_steps", plan.alpha_steps()},
                  {"images", plan.images()},
                  {"memory_bytes", plan.memory_bytes()},
                  {"final_macs", plan.final.macs},
                  {"phases", phases}}};
  if (plan.budgets.empty()) return event;
  for (const char* field : {"budget", "budget_max"}) event.fields.erase(field);
  for (const PlannedBudget& budget : plan.budgets) {
    event.fields["budgets"].push_back(
        {{"budget", budget.name}, {"target", budget.target}, {"least", budget.least}, {"most", budget.most}});
  }
  return event;
}

Event EpochEvent(const EpochReport& report, const SearchState& state) {
  const PassResult& weights = report.weights;
  Json fields = {{"phase", report.phase.name},         {"epoch", report.epoch},    {"epochs", report.phase.epochs},
                 {"classes", report.phase.classes},    {"lr", report.lr},          {"train_loss", weights.loss},
                 {"train_accuracy", weights.accuracy}, {"images", weights.images}, {"skipped", weights.skipped}};
  double seconds = weights.seconds, waited = weights.seconds_waited;
  int64_t images = weights.images;
  for (const ArchitectureResult& architecture : report.architecture) {
    seconds += architecture.pass.seconds;
    waited += architecture.pass.seconds_waited;
    images += architecture.pass.images;
  }
  const bool alone = state.branches.size() == 1, searches = !report.architecture.empty();
  if (alone && searches) AddArchitecture(report.architecture.front(), fields);
  if (report.paths && report.paths->paths > 0) fields["paths"] = PathFields(*report.paths);
  fields["temperature"] = state.temperature;
  if (alone) AddAlpha(state.branches.front(), searches, fields);
  if (!alone && searches) fields["budgets"] = BranchesOfEpoch(report, state);
  fields["alpha_steps"] = state.alpha_steps;
  fields["weight_steps"] = state.training.step;
  fields["timing"] = {{"seconds", seconds},
                      {"images_per_second", seconds > 0 ? static_cast<double>(images) / seconds : 0},
                      {"share_waited", seconds > 0 ? waited / seconds : 0},
                      {"peak_resident_bytes", PeakResidentBytes()}};
  if (const at::Device device = state.supernet->parameters().front().device(); !device.is_cpu()) {
    fields["timing"]["peak_device_bytes"] = PeakDeviceBytes(device);
  }
  return {"epoch", fields};
}

Event AlphaEvent(const EpochReport& report, const Branch& branch, const SearchState& state) {
  Json layers = Json::array();
  const std::vector<std::vector<double>> alpha_lc = branch.alpha.Values();
  for (size_t l = 0; l < alpha_lc.size(); ++l) {
    layers.push_back({{"candidates", CandidateNames(branch.space().layers()[l])}, {"alpha", alpha_lc[l]}});
  }
  Event event = {
      "alpha",
      {{"phase", report.phase.name}, {"epoch", report.epoch}, {"alpha_steps", state.alpha_steps}, {"layers", layers}}};
  if (!branch.budget.empty()) event.fields["budget"] = branch.budget;
  return event;
}

Event PruningEvent(const Phase& phase, const Pruning& pruning, const CandidateScores& scores, const Branch& branch) {
  const GradientTrace& evidence = branch.alpha.evidence();
  Json layers = Json::array();
  size_t dropped_count = 0, unclear = 0, judged = 0;
  for (const LayerCut& cut : pruning.cuts) {
    unclear += cut.clear() ? 0 : 1;
    judged += cut.z ? 1 : 0;
    layers.push_back(CutFields(cut, pruning.dropped.at(cut.layer), branch.space().layers()[cut.layer]));
    dropped_count += pruning.dropped.at(cut.layer).size();
  }
  const bool by_alpha = scores.kind == PruningScore::kAlpha;
  Event event = {"pruning",
                 {{"phase", phase.name},
                  {"score", NameOf(scores.kind)},
                  {"candidates_before", branch.space().CandidateCount()},
                  {"candidates_after", branch.space().CandidateCount() - dropped_count},
                  {"networks_in_band", pruning.networks_in_band},
                  {"cuts", pruning.cuts.size()},
                  {"unclear_cuts", unclear},
                  {"above_noise", MoreClearThanNoise(judged - unclear, judged)},
                  {"evidence_steps", evidence.steps()},
                  {"evidence_missed", evidence.missed()},
                  {"z_rms", by_alpha ? evidence.RootMeanSquare() : scores.RootMeanSquareZ()},
                  {"layers", layers},
                  {"kept_for_budget", NamesOf(pruning.kept_for_budget, branch.space())},
                  {"put_off", NamesOf(pruning.put_off, branch.space())}}};
  if (!by_alpha) event.fields["values"] = scores.value_lc;
  if (!scores.pair_lcd.empty()) event.fields["pair_deviation"] = scores.pair_deviation;
  if (!branch.budget.empty()) event.fields["budget"] = branch.budget;
  return event;
}

Event SupernetEvent(const Phase& phase, size_t candidates_before, const SearchSpace& left) {
  std::vector<size_t> candidates_l;
  for (const LayerSpec& layer : left.layers()) candidates_l.push_back(layer.candidates.size());
  return {"supernet_pruned",
          {{"phase", phase.name},
           {"candidates_before", candidates_before},
           {"candidates_after", left.CandidateCount()},
           {"candidates", candidates_l}}};
}

Event EndEvent(const SearchResult& result, const std::vector<FinalChoice>& choices, const SearchRun& run,
               double seconds) {
  const SearchState& state = run.state;
  const bool alone = choices.size() == 1;
  Event event = {"search_end", Json::object()};
  if (alone) event.fields = FoundFields(result.first(), choices.front(), state.branches.front());
  for (size_t b = 0; !alone && b < choices.size(); ++b) {
    Json found = FoundFields(result.found[b], choices[b], state.branches[b]);
    found["budget"] = result.found[b].budget;
    event.fields["found"].push_back(std::move(found));
  }
  event.fields["alpha_steps"] = state.alpha_steps;
  event.fields["weight_steps"] = state.training.step;
  event.fields["weight_images"] = state.weight_images;
  event.fields["alpha_images"] = state.alpha_images;
  event.fields["timing"] = {
      {"seconds", seconds}, {"device_hours", result.device_hours}, {"peak_resident_bytes", PeakResidentBytes()}};
  if (run.passed.from_begin) {
    event.fields["macs_passed"] = MacsJson(run.passed);
    event.fields["timing"]["seconds_of"] = SecondsJson(run.passed);
  }
  return event;
}

}  // namespace danas
