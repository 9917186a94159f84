#include "search_events.h"

#include <algorithm>
#include <optional>
#include <set>

#include "danas/core/hash.h"
#include "danas/run/device.h"
#include "danas/run/memory.h"

namespace danas {
namespace {

events::PathFields PathFieldsOf(const PathTotals& totals) {
  return {.count = totals.paths,
          .mean_cost = totals.cost_sum / static_cast<double>(totals.paths),
          .least_cost = totals.least_cost,
          .most_cost = totals.most_cost,
          .steps = totals.groups,
          .strictly_fair_steps = totals.strictly_fair};
}

std::vector<std::string> CandidateNames(const LayerSpec& layer) {
  std::vector<std::string> names;
  for (const BlockSpec& block : layer.candidates) names.push_back(CandidateName(block));
  return names;
}

events::LayerCut CutFields(const LayerCut& cut, const std::set<size_t>& dropped, const LayerSpec& layer) {
  const std::vector<std::string> names = CandidateNames(layer);
  events::LayerCut fields;
  fields.layer = static_cast<int64_t>(cut.layer);
  for (size_t c = 0; c < names.size(); ++c) (dropped.contains(c) ? fields.dropped : fields.kept).push_back(names[c]);
  fields.last_kept = names[cut.last_kept];
  fields.first_dropped = names[cut.first_dropped];
  fields.gap = cut.gap;
  fields.z = cut.z;
  fields.conflict = cut.conflict;
  fields.total_gap = cut.total_gap;
  return fields;
}

std::vector<events::LayerCandidate> NamesOf(const LayerCandidates& candidates, const SearchSpace& space) {
  std::vector<events::LayerCandidate> names;
  for (const auto& [layer, of_layer] : candidates) {
    for (const size_t c : of_layer) {
      names.push_back(
          {.layer = static_cast<int64_t>(layer), .candidate = CandidateName(space.layers()[layer].candidates.at(c))});
    }
  }
  return names;
}

events::ArchitectureFields ArchitectureFieldsOf(const ArchitectureResult& architecture) {
  return {.validation_loss = architecture.class_loss,
          .validation_accuracy = architecture.pass.accuracy,
          .validation_images = architecture.pass.images,
          .architecture_loss = architecture.pass.loss,
          .sampled_cost = architecture.expected_cost};
}

events::AlphaFields AlphaFieldsOf(const Branch& branch, bool with_evidence) {
  events::AlphaFields fields{.expected_cost = branch.costs.Expected(branch.alpha.Probabilities()),
                             .alpha_entropy = RelativeEntropy(branch.alpha.Probabilities()),
                             .z_rms = {}};
  if (with_evidence) fields.z_rms = branch.alpha.evidence().RootMeanSquare();
  return fields;
}

std::vector<events::BudgetOfEpoch> BudgetsOfEpoch(const EpochReport& report, const SearchState& state) {
  std::vector<events::BudgetOfEpoch> budgets;
  for (size_t b = 0; b < report.architecture.size(); ++b) {
    budgets.push_back({.budget = state.branches[b].budget,
                       .architecture = ArchitectureFieldsOf(report.architecture[b]),
                       .alpha = AlphaFieldsOf(state.branches[b], /*with_evidence=*/true)});
  }
  return budgets;
}

events::EpochTiming TimingOf(const EpochReport& report, at::Device device) {
  double seconds = report.weights.seconds, waited = report.weights.seconds_waited;
  int64_t images = report.weights.images;
  for (const ArchitectureResult& architecture : report.architecture) {
    seconds += architecture.pass.seconds;
    waited += architecture.pass.seconds_waited;
    images += architecture.pass.images;
  }
  events::EpochTiming timing{.seconds = seconds,
                             .images_per_second = seconds > 0 ? static_cast<double>(images) / seconds : 0.0,
                             .share_waited = seconds > 0 ? waited / seconds : 0.0,
                             .peak_resident_bytes = PeakResidentBytes(),
                             .peak_device_bytes = {}};
  if (!device.is_cpu()) timing.peak_device_bytes = PeakDeviceBytes(device);
  return timing;
}

// Of one of several; else none.
std::optional<std::string> BudgetName(const std::string& budget) {
  return budget.empty() ? std::nullopt : std::optional(budget);
}

std::string ChosenBy(const FinalChoice& choice) {
  if (choice.scored) return "scores";
  return choice.sampled ? "sample" : "alpha";
}

events::FoundFields FoundFieldsOf(const FoundNetwork& found, const FinalChoice& choice, const Branch& branch) {
  return {.network = ChoiceNames(branch.space(), choice.choice),
          .argmax = ChoiceNames(branch.space(), choice.argmax),
          .bounded_by_budget = choice.bounded_by_budget,
          .chosen_by = ChosenBy(choice),
          .unit = branch.costs.unit,
          .cost = choice.cost,
          .argmax_cost = choice.argmax_cost,
          .macs = CountMacs(found.best.network),
          .parameters = CountParameters(found.best.network),
          .budget = BudgetName(found.budget)};
}

constexpr size_t kMostListed = 10;

std::vector<events::ScoredEntry> ScoredList(std::vector<ScoredNetwork> ranked, const SearchSpace& space,
                                            FinalEffects effects) {
  ranked.resize(std::min(ranked.size(), kMostListed));
  std::vector<events::ScoredEntry> list;
  for (const ScoredNetwork& network : ranked) {
    list.push_back({.network = ChoiceNames(space, network.choice),
                    .cost = network.cost,
                    .loss = network.loss,
                    .accuracy = network.accuracy,
                    .fitted_loss = {}});
    if (effects != FinalEffects::kNone) list.back().fitted_loss = network.fitted;
  }
  return list;
}

}  // namespace

std::vector<std::string> ChoiceNames(const SearchSpace& space, const std::vector<size_t>& choice) {
  std::vector<std::string> names;
  for (size_t l = 0; l < choice.size(); ++l) names.push_back(CandidateName(space.layers()[l].candidates.at(choice[l])));
  return names;
}

events::SearchStart StartEvent(const SearchInputs& inputs, const SearchPlan& plan) {
  events::SearchStart event = PlanFields(plan);
  if (inputs.config.task != TaskKind::kClassification) event.task = NameOf(inputs.config.task);
  event.seed = inputs.config.seed;
  event.space = inputs.space.name();
  event.dataset = inputs.training_set->name;
  event.fingerprint = HexText(inputs.training_set->fingerprint);
  event.ranking = inputs.ranking.source;
  event.class_order = inputs.ranking.order;
  const ClassList& classes = inputs.training_set->classes;
  if (classes.labels != classes.ids) {
    event.class_labels.emplace();
    for (const std::string& id : inputs.ranking.order) {
      event.class_labels->push_back(classes.labels[std::ranges::find(classes.ids, id) - classes.ids.begin()]);
    }
  }
  event.layers = std::ssize(inputs.space.layers());
  return event;
}

events::SearchEpoch EpochEvent(const EpochReport& report, const SearchState& state) {
  const PassResult& weights = report.weights;
  events::SearchEpoch event{.phase = report.phase.name,
                            .epoch = report.epoch,
                            .epochs = report.phase.epochs,
                            .classes = report.phase.classes,
                            .lr = report.lr,
                            .train_loss = weights.loss,
                            .train_accuracy = weights.accuracy,
                            .images = weights.images,
                            .skipped = weights.skipped,
                            .architecture = {},
                            .paths = {},
                            .temperature = state.temperature,
                            .alpha = {},
                            .budgets = {},
                            .alpha_steps = state.alpha_steps,
                            .weight_steps = state.training.step,
                            .timing = TimingOf(report, state.supernet->parameters().front().device())};
  const bool alone = state.branches.size() == 1, searches = !report.architecture.empty();
  if (alone && searches) event.architecture = ArchitectureFieldsOf(report.architecture.front());
  if (report.paths && report.paths->paths > 0) event.paths = PathFieldsOf(*report.paths);
  if (alone) event.alpha = AlphaFieldsOf(state.branches.front(), searches);
  if (!alone && searches) event.budgets = BudgetsOfEpoch(report, state);
  return event;
}

events::Alpha AlphaEvent(const EpochReport& report, const Branch& branch, const SearchState& state) {
  events::Alpha event{.phase = report.phase.name,
                      .epoch = report.epoch,
                      .alpha_steps = state.alpha_steps,
                      .layers = {},
                      .budget = BudgetName(branch.budget)};
  const std::vector<std::vector<double>> alpha_lc = branch.alpha.Values();
  for (size_t l = 0; l < alpha_lc.size(); ++l) {
    event.layers.push_back({.candidates = CandidateNames(branch.space().layers()[l]), .alpha = alpha_lc[l]});
  }
  return event;
}

events::Pruning PruningEvent(const Phase& phase, const Pruning& pruning, const CandidateScores& scores,
                             const Branch& branch) {
  const GradientTrace& evidence = branch.alpha.evidence();
  std::vector<events::LayerCut> layers;
  size_t dropped_count = 0, unclear = 0, judged = 0;
  for (const LayerCut& cut : pruning.cuts) {
    unclear += cut.clear() ? 0 : 1;
    judged += cut.z ? 1 : 0;
    layers.push_back(CutFields(cut, pruning.dropped.at(cut.layer), branch.space().layers()[cut.layer]));
    dropped_count += pruning.dropped.at(cut.layer).size();
  }
  const bool by_alpha = scores.kind == PruningScore::kAlpha;
  const auto candidates = static_cast<int64_t>(branch.space().CandidateCount());
  events::Pruning event{.phase = phase.name,
                        .score = NameOf(scores.kind),
                        .candidates_before = candidates,
                        .candidates_after = candidates - static_cast<int64_t>(dropped_count),
                        .networks_in_band = pruning.networks_in_band,
                        .cuts = std::ssize(pruning.cuts),
                        .unclear_cuts = static_cast<int64_t>(unclear),
                        .above_noise = MoreClearThanNoise(judged - unclear, judged),
                        .evidence_steps = evidence.steps(),
                        .evidence_missed = evidence.missed(),
                        .z_rms = by_alpha ? evidence.RootMeanSquare() : scores.RootMeanSquareZ(),
                        .layers = std::move(layers),
                        .kept_for_budget = NamesOf(pruning.kept_for_budget, branch.space()),
                        .put_off = NamesOf(pruning.put_off, branch.space()),
                        .values = {},
                        .pair_deviation = {},
                        .budget = BudgetName(branch.budget)};
  if (!by_alpha) event.values = scores.value_lc;
  if (!scores.pair_lcd.empty()) event.pair_deviation = scores.pair_deviation;
  return event;
}

events::SupernetPruned SupernetEvent(const Phase& phase, size_t candidates_before, const SearchSpace& left) {
  events::SupernetPruned event{.phase = phase.name,
                               .candidates_before = static_cast<int64_t>(candidates_before),
                               .candidates_after = static_cast<int64_t>(left.CandidateCount()),
                               .candidates = {}};
  for (const LayerSpec& layer : left.layers()) event.candidates.push_back(std::ssize(layer.candidates));
  return event;
}

events::FinalScores ScoresEvent(const ScoredField& field, const Branch& branch, const SearchConfig& search) {
  const FinalScores& scores = branch.final_scores;
  const FinalScores::Margin margin = scores.MarginOfBest();
  const CostTable& costs = branch.costs;
  const ScoredRanking ranking = scores.Ranked(costs, search.final_effects);
  events::FinalScores event{.source = NameOf(field.source),
                            .band = {field.band.low, field.band.high},
                            .networks_in_band = field.networks,
                            .scored = std::ssize(scores.losses),
                            .best = ScoredList(ranking.networks, branch.space(), ranking.effects),
                            .all = {},
                            .finalist_images = search.finalist_images,
                            .finalist_scoring_images = scores.finalist_loss_fn.size(1),
                            .finalists = ScoredList(scores.RankedFinalists(costs), branch.space(), FinalEffects::kNone),
                            .margin = margin.loss,
                            .standard_error = margin.standard_error,
                            .effects = NameOf(ranking.effects),
                            .z = {},
                            .budget = {}};
  if (ranking.effects != FinalEffects::kNone) event.z = ranking.z;
  return event;
}

events::AllScored AllScoredOf(const Branch& branch) {
  const FinalScores& scores = branch.final_scores;
  events::AllScored all{.cost = {}, .loss = scores.losses, .accuracy = scores.accuracies};
  for (const std::vector<size_t>& choice : scores.networks) all.cost.push_back(branch.costs.OfNetwork(choice));
  return all;
}

events::SearchEnd EndEvent(const SearchResult& result, const std::vector<FinalChoice>& choices, const SearchRun& run,
                           double seconds) {
  const SearchState& state = run.state;
  events::SearchEnd event;
  if (choices.size() == 1) {
    event.result = FoundFieldsOf(result.first(), choices.front(), state.branches.front());
  } else {
    event.found.emplace();
    for (size_t b = 0; b < choices.size(); ++b) {
      event.found->push_back(FoundFieldsOf(result.found[b], choices[b], state.branches[b]));
    }
  }
  event.alpha_steps = state.alpha_steps;
  event.weight_steps = state.training.step;
  event.weight_images = state.weight_images;
  event.alpha_images = state.alpha_images;
  event.timing = {.seconds = seconds,
                  .device_hours = result.device_hours,
                  .peak_resident_bytes = PeakResidentBytes(),
                  .seconds_of = {}};
  if (run.passed.from_begin) {
    event.macs_passed = PartsOf(run.passed, &PassedWork::Part::macs);
    event.timing.seconds_of = PartsOf(run.passed, &PassedWork::Part::seconds);
  }
  return event;
}

}  // namespace danas
