#include "danas/search/search_loop.h"

#include <chrono>
#include <optional>

#include "phase_training.h"
#include "search_events.h"
#include "search_setup.h"

namespace danas {
namespace {

void Prune(const SearchInputs& inputs, const PhasePlan& plan, SearchRun& run, SearchReport& report) {
  SearchState& state = run.state;
  Pruning pruning = ChoosePruning(state.space(), state.alpha.Values(), inputs.config.search.pruning);
  const auto kept = KeepWithinBudget(pruning, state.costs, state.alpha.Values(), LargestCost(inputs.config.search));
  report.Pruned(plan.phase, pruning, kept, run.trace, state);
  state.supernet = state.supernet->Without(pruning.dropped);
  state.alpha.Drop(pruning.dropped);
  state.training.Bind(*state.supernet);
  state.costs = MakeCostTable(*inputs.cost, state.space());
  report.SpaceLeft(plan.phase, state);
}

}  // namespace

SearchResult RunSearch(const SearchInputs& inputs, const SearchOutputs& outputs) {
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  const SearchCourse course = PlanCourse(inputs);
  SearchRun run = MakeRun(inputs, course);
  std::optional<CheckpointKeeper> keeper;
  if (!outputs.folder.empty()) {
    keeper.emplace(outputs.folder, inputs.config.checkpoint, inputs.device, [&](StateFields& fields) {
      Describe(
          fields, run, [&](const SearchSpace& space) { return MakeState(inputs, course, space); }, seconds());
    });
  }
  SearchReport report(inputs, outputs);
  if (!outputs.resume || !keeper->RestoreOrRewind("search_start")) {
    report.Start(course);
    if (keeper) keeper->KeepFirst();
  }

  SearchPosition& at = run.position;
  const std::vector<PhasePlan>& phases = course.plan.phases;  // warm-up, then s = 1, 2, 3 with δ_s classes
  while (at.phase < std::ssize(phases)) {
    const PhasePlan& plan = phases[static_cast<size_t>(at.phase)];
    PhaseTraining training(inputs, course, plan, run, outputs.progress, keeper ? &*keeper : nullptr);
    while (at.epoch <= plan.phase.epochs) {
      const PassResult weights = training.WeightPass();                                       // Eq. 9
      const std::optional<ArchitectureResult> architecture = training.ArchitecturePass();  // Eq. 10
      report.Epoch({plan.phase, at.epoch, LastRate(run.state), weights, architecture}, run.state);
      ++at.epoch;
      at.weights_done = false;
      if (keeper && at.epoch <= plan.phase.epochs) keeper->KeepAfterEpoch();
    }
    if (plan.phase.searches) Prune(inputs, plan, run, report);
    ++at.phase;
    at.epoch = 1;
    if (keeper) keeper->Keep(CheckpointKind::kMilestone);
  }
  const SearchResult result = report.Finish(
      ChooseNetwork(run.state.alpha.Values(), run.state.costs, LargestCost(inputs.config.search)), run.state,
      run.seconds_before + seconds());
  if (keeper) keeper->Finish();
  return result;
}

}  // namespace danas
