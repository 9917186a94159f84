#include "danas/search/search_loop.h"

#include <chrono>
#include <optional>
#include <string>

#include "danas/arch/space_file.h"
#include "danas/nn/state.h"
#include "danas/search/pruning_decision.h"
#include "danas/train/agreement_check.h"
#include "measured_scores.h"
#include "phase_training.h"
#include "scored_choice.h"
#include "search_events.h"
#include "search_setup.h"

namespace danas {
namespace {

// Every rank drops what rank 0 decides from the numbers.
void Prune(const SearchInputs& inputs, const SearchCourse& course, const PhasePlan& plan, SearchRun& run,
           ProgressSink* progress, SearchReport& report) {
  SearchState& state = run.state;
  const CandidateScores scores = MeasureCandidates(inputs, course, plan, run, progress);
  const std::string decision = inputs.ranks.FromFirst([&] {
    const Pruning pruning = DecidePruning(state.space(), scores, state.costs, inputs.config.search);
    report.Pruned(plan.phase, pruning, scores, state);
    return Json(pruning.dropped).dump();
  });
  const auto dropped = Json::parse(decision).get<LayerCandidates>();
  state.supernet = state.supernet->Without(dropped);
  state.alpha.Drop(dropped);
  state.training.Bind(*state.supernet);
  state.costs = MakeCostTable(*inputs.cost, state.space());
  run.work.done += plan.scoring_macs;
  report.SpaceLeft(plan.phase, state);
}

// Restores the newest checkpoint, where there is one, on every rank. False: the run begins.
bool GoOn(const SearchInputs& inputs, const SearchOutputs& outputs, CheckpointKeeper* keeper,
          const DescribeRun& describe) {
  const std::string restored =
      inputs.ranks.FromFirst([&] { return outputs.resume && keeper->RestoreOrRewind("search_start") ? "yes" : "no"; });
  if (restored == "no") return false;
  ShareState(inputs.ranks, describe, inputs.device);
  return true;
}

void CheckRanks(const SearchInputs& inputs, const SearchState& state, const std::string& when) {
  if (inputs.ranks.alone()) return;
  NamedTensors tensors = StateOf(*state.supernet);
  for (size_t l = 0; l < state.alpha.layers(); ++l) {
    tensors.emplace_back("alpha." + std::to_string(l), state.alpha.alpha(l).detach());
  }
  CheckAgreement(inputs.ranks, tensors, JsonText(ToJson(state.space())), when);
}

// So that what is dropped can be scored afterwards, or that an interrupt while candidates are scored costs no epoch.
void KeepBeforePruning(const Config& config, CheckpointKeeper& keeper) {
  if (config.checkpoint.before_pruning) return keeper.Keep(CheckpointKind::kMilestone);
  if (config.search.pruning.score != PruningScore::kAlpha) keeper.Keep();
}

FinalChoice ChooseByAlpha(const SearchInputs& inputs, const SearchState& state) {
  const std::string text = inputs.ranks.FromFirst([&] {
    const FinalChoice choice = ChooseNetwork(state.alpha.Values(), state.costs, LargestCost(inputs.config.search));
    return Json{choice.choice, choice.argmax, choice.bounded_by_budget, choice.cost, choice.argmax_cost}.dump();
  });
  FinalChoice choice;
  const Json json = Json::parse(text);
  json.at(0).get_to(choice.choice);
  json.at(1).get_to(choice.argmax);
  json.at(2).get_to(choice.bounded_by_budget);
  json.at(3).get_to(choice.cost);
  json.at(4).get_to(choice.argmax_cost);
  return choice;
}

FinalChoice ChooseLast(const SearchInputs& inputs, const SearchCourse& course, SearchRun& run,
                       const SearchOutputs& outputs, SearchReport& report, CheckpointKeeper* keeper) {
  if (inputs.config.search.final == FinalChoiceKind::kArgmax) return ChooseByAlpha(inputs, run.state);
  const FinalChoice choice = ScoredChoice(inputs, course, run, outputs.progress, keeper).Choose();
  report.Scored(choice, run);
  return choice;
}

}  // namespace

SearchResult RunSearch(const SearchInputs& inputs, const SearchOutputs& outputs) {
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  const SearchCourse course = PlanCourse(inputs);
  SearchRun run = MakeRun(inputs, course);
  const DescribeRun describe = [&](StateFields& fields) {
    Describe(
        fields, run, [&](const SearchSpace& space) { return MakeState(inputs, course, space); }, seconds());
  };
  std::optional<CheckpointKeeper> keeper;
  if (!outputs.folder.empty()) keeper.emplace(outputs.folder, inputs.config.checkpoint, inputs.device, describe);
  SearchReport report(inputs, outputs);
  if (!GoOn(inputs, outputs, keeper ? &*keeper : nullptr, describe)) {
    report.Start(course);
    if (keeper) keeper->KeepFirst();
  }
  RecordAll(outputs.metrics, outputs.notes);

  SearchPosition& at = run.position;
  const std::vector<PhasePlan>& phases = course.plan.phases;  // warm-up, then s = 1, 2, 3 with δ_s classes
  while (at.phase < std::ssize(phases)) {
    const PhasePlan& plan = phases[static_cast<size_t>(at.phase)];
    PhaseTraining training(inputs, course, plan, run, outputs.progress, keeper ? &*keeper : nullptr);
    const bool kept_already = at.epoch > plan.phase.epochs;  // the run goes on from the checkpoint before a pruning
    while (at.epoch <= plan.phase.epochs) {
      run.state.temperature = course.Temperature(inputs.config.search.relaxation, at);
      const PassResult weights = training.WeightPass();                                    // Eq. 9
      const std::optional<ArchitectureResult> architecture = training.ArchitecturePass();  // Eq. 10
      CheckRanks(inputs, run.state, "after epoch " + std::to_string(at.epoch) + " of " + plan.phase.name);
      report.Epoch({plan.phase, at.epoch, LastRate(run.state), weights, architecture, run.paths}, run.state);
      ++at.epoch;
      at.weights_done = false;
      if (keeper && at.epoch <= plan.phase.epochs) keeper->KeepAfterEpoch();
    }
    if (keeper && plan.phase.searches && !kept_already) KeepBeforePruning(inputs.config, *keeper);
    if (plan.phase.searches) Prune(inputs, course, plan, run, outputs.progress, report);
    CheckRanks(inputs, run.state, "at the end of " + plan.phase.name);
    ++at.phase;
    at.epoch = 1;
    if (keeper) keeper->Keep(CheckpointKind::kMilestone);
  }
  const FinalChoice choice = ChooseLast(inputs, course, run, outputs, report, keeper ? &*keeper : nullptr);
  const double spent = run.seconds_before + seconds();
  const SearchResult result = report.Finish(choice, run, spent);
  if (keeper) keeper->Finish();
  report.End(result, choice, run, spent);  // once all is written: what has ended is not gone on with
  return result;
}

}  // namespace danas
