#include "danas/search/search_loop.h"

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "danas/arch/space_file.h"
#include "danas/nn/state.h"
#include "danas/train/agreement_check.h"

#include "phase_training.h"
#include "search_events.h"
#include "search_setup.h"

namespace danas {
namespace {

// Every rank drops what rank 0 decides from its numbers.
void Prune(const SearchInputs& inputs, const PhasePlan& plan, SearchRun& run, SearchReport& report) {
  SearchState& state = run.state;
  const std::string decision = inputs.ranks.FromFirst([&] {
    Pruning pruning = ChoosePruning(state.space(), state.alpha.Values(), inputs.config.search.pruning);
    const auto kept = KeepWithinBudget(pruning, state.costs, state.alpha.Values(), LargestCost(inputs.config.search));
    report.Pruned(plan.phase, pruning, kept, run.trace, state);
    return Json(pruning.dropped).dump();
  });
  const auto dropped = Json::parse(decision).get<std::map<size_t, std::set<size_t>>>();
  state.supernet = state.supernet->Without(dropped);
  state.alpha.Drop(dropped);
  state.training.Bind(*state.supernet);
  state.costs = MakeCostTable(*inputs.cost, state.space());
  report.SpaceLeft(plan.phase, state);
}

// Restores the newest checkpoint, where there is one, on every rank. False: the run begins.
bool GoOn(const SearchInputs& inputs, const SearchOutputs& outputs, CheckpointKeeper* keeper,
          const DescribeRun& describe) {
  const std::string restored = inputs.ranks.FromFirst(
      [&] { return outputs.resume && keeper->RestoreOrRewind("search_start") ? "yes" : "no"; });
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

FinalChoice ChooseTogether(const SearchInputs& inputs, const SearchState& state) {
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

}  // namespace

SearchResult RunSearch(const SearchInputs& inputs, const SearchOutputs& outputs) {
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  const SearchCourse course = PlanCourse(inputs);
  SearchRun run = MakeRun(inputs, course);
  const DescribeRun describe = [&](StateFields& fields) {
    Describe(fields, run, [&](const SearchSpace& space) { return MakeState(inputs, course, space); }, seconds());
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
    while (at.epoch <= plan.phase.epochs) {
      const PassResult weights = training.WeightPass();                                       // Eq. 9
      const std::optional<ArchitectureResult> architecture = training.ArchitecturePass();  // Eq. 10
      CheckRanks(inputs, run.state, "after epoch " + std::to_string(at.epoch) + " of " + plan.phase.name);
      report.Epoch({plan.phase, at.epoch, LastRate(run.state), weights, architecture}, run.state);
      ++at.epoch;
      at.weights_done = false;
      if (keeper && at.epoch <= plan.phase.epochs) keeper->KeepAfterEpoch();
    }
    if (plan.phase.searches) Prune(inputs, plan, run, report);
    CheckRanks(inputs, run.state, "at the end of " + plan.phase.name);
    ++at.phase;
    at.epoch = 1;
    if (keeper) keeper->Keep(CheckpointKind::kMilestone);
  }
  const FinalChoice choice = ChooseTogether(inputs, run.state);
  const double spent = run.seconds_before + seconds();
  const SearchResult result = report.Finish(choice, run.state, spent);
  if (keeper) keeper->Finish();
  report.End(result, choice, run.state, spent);  // once all is written: what has ended is not gone on with
  return result;
}

}  // namespace danas
