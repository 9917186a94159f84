#include "danas/search/search_loop.h"

#include "phase_training.h"
#include "search_events.h"
#include "search_setup.h"

namespace danas {

SearchResult RunSearch(const SearchInputs& inputs, const SearchOutputs& outputs) {
  const SearchCourse course = PlanCourse(inputs);
  SearchState state = MakeState(inputs, course);
  SearchReport report(inputs, outputs, course);
  for (const PhasePlan& plan : course.plan.phases) {  // warm-up, then s = 1, 2, 3 with δ_s classes
    PhaseTraining training(inputs, course, plan, state, outputs.progress, report.work());
    for (int64_t epoch = 1; epoch <= plan.phase.epochs; ++epoch) {
      const PassResult weights = training.WeightPass(epoch);                                       // Eq. 9
      const std::optional<ArchitectureResult> architecture = training.ArchitecturePass(epoch);  // Eq. 10
      report.Epoch({plan.phase, epoch, LastRate(state), weights, architecture}, state);
    }
    if (!plan.phase.searches) continue;

    Pruning pruning = ChoosePruning(state.space(), state.alpha.Values(), inputs.config.search.pruning);
    const auto kept = KeepWithinBudget(pruning, state.costs, state.alpha.Values(), LargestCost(inputs.config.search));
    report.Pruned(plan.phase, pruning, kept, training.trace(), state);
    state.supernet = state.supernet->Without(pruning.dropped);
    state.alpha.Drop(pruning.dropped);
    state.training.Bind(*state.supernet);
    state.costs = MakeCostTable(*inputs.cost, state.space());
    report.SpaceLeft(plan.phase, state);
  }
  return report.Finish(ChooseNetwork(state.alpha.Values(), state.costs, LargestCost(inputs.config.search)), state);
}

}  // namespace danas
