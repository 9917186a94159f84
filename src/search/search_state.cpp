#include "danas/search/search_state.h"

#include <memory>
#include <string>
#include <vector>

#include "danas/run/device.h"
#include "danas/search/budgets.h"
#include "danas/search/paths/paths.h"

namespace danas {

TrainConfig SupernetRecipe(const Config& config) {
  TrainConfig recipe = config.train;
  if (config.search.scoring.ema > 0) recipe.ema_decay = config.search.scoring.ema;
  return recipe;
}

SearchState MakeSearchState(const Config& config, const SearchSpace& space, const CostModel& cost,
                            const RateSchedule& schedule, at::Device device, const Ranks& ranks) {
  const std::vector<std::string> names = BranchNames(config.search);
  const bool paths_vary = ComputesPaths(config.search) || names.size() > 1;
  SearchState state{.supernet = std::make_shared<Supernet>(space, SupernetOptions{.how = config.nn}),
                    .costs = MakeCostTable(cost, space),
                    .branches = {},
                    .training = WeightTraining(SupernetRecipe(config), config.runtime, config.seed, schedule, device,
                                               {.ranks = ranks, .config = config.ranks, .paths_vary = paths_vary})};
  for (const std::string& name : names) {
    state.branches.push_back(WholeBranch(name, state.supernet, state.costs, FloatType(config.runtime)));
  }
  InitializeWeights(*state.supernet, config.seed);
  MoveTo(*state.supernet, device, config.runtime);
  state.training.Bind(*state.supernet);
  return state;
}

}  // namespace danas
