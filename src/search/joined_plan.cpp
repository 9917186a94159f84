#include "joined_plan.h"

#include <algorithm>

#include "danas/search/budget_band.h"
#include "danas/search/budgets.h"
#include "plan_basis.h"

namespace danas {
namespace {

double MeanOf(const std::vector<SearchPlan>& plans, size_t phase, double PhasePlan::*number) {
  double sum = 0;
  for (const SearchPlan& plan : plans) sum += plan.phases[phase].*number;
  return sum / static_cast<double>(plans.size());
}

// Of a supernet that is the union of what so many branches keep, at most. `of_one`: of one branch's; `of_all`: of the
// whole space.
double UnionParameters(double of_one, double of_all, size_t branches, const CostTable& parameters) {
  const double shared = parameters.FixedPart();
  return std::min(of_all, shared + static_cast<double>(branches) * (of_one - shared));
}

PhasePlan JoinPhases(const Config& config, const std::vector<SearchPlan>& plans, size_t index,
                     const CostTable& parameters) {
  PhasePlan joined = plans.front().phases[index];
  joined.macs_per_image = MeanOf(plans, index, &PhasePlan::macs_per_image);
  joined.macs_per_step = MeanOf(plans, index, &PhasePlan::macs_per_step);
  joined.alpha_passes *= std::ssize(plans);
  joined.alpha_steps *= std::ssize(plans);
  joined.main_effects = 0;
  joined.pair_effects = 0;
  joined.scored = 0;
  joined.scoring_macs = 0;
  for (const SearchPlan& plan : plans) {
    const PhasePlan& phase = plan.phases[index];
    joined.main_effects += phase.main_effects;
    joined.pair_effects += phase.pair_effects;
    joined.scored += phase.scored;
    joined.scoring_macs += phase.scoring_macs;
    joined.memory_bytes = std::max(joined.memory_bytes, phase.memory_bytes);
    joined.scoring_memory_bytes = std::max(joined.scoring_memory_bytes, phase.scoring_memory_bytes);
  }
  const double of_one = joined.parameters, of_all = plans.front().phases.front().parameters;
  joined.parameters = UnionParameters(of_one, of_all, plans.size(), parameters);
  joined.memory_bytes += TrainingBytes(config, joined.parameters - of_one);
  if (joined.scored > 0) joined.scoring_memory_bytes += BytesBesideScoring(config, joined.parameters - of_one);
  return joined;
}

FinalPlan JoinFinals(const Config& config, const std::vector<SearchPlan>& plans, const CostTable& parameters) {
  FinalPlan joined = plans.front().final;
  if (joined.networks == 0) return joined;
  for (size_t b = 1; b < plans.size(); ++b) {
    const FinalPlan& final = plans[b].final;
    joined.networks += final.networks;
    joined.finalists += final.finalists;
    joined.macs += final.macs;
    joined.finalist_macs += final.finalist_macs;
    joined.memory_bytes = std::max(joined.memory_bytes, final.memory_bytes);
  }
  const double of_one = joined.parameters, of_all = plans.front().phases.front().parameters;
  joined.parameters = UnionParameters(of_one, of_all, plans.size(), parameters);
  joined.memory_bytes += BytesBesideScoring(config, joined.parameters - of_one);
  return joined;
}

}  // namespace

SearchPlan JoinPlans(const Config& config, const std::vector<SearchPlan>& alone, const CostTable& parameters) {
  const std::vector<std::string> names = BranchNames(config.search);
  SearchPlan joined = alone.front();
  joined.budget = 0;
  joined.budget_max = 0;
  joined.final = JoinFinals(config, alone, parameters);
  for (size_t i = 0; i < joined.phases.size(); ++i) joined.phases[i] = JoinPhases(config, alone, i, parameters);
  for (size_t b = 0; b < alone.size(); ++b) {
    const SearchPlan& plan = alone[b];
    const CostBand band = BandOf(WithBudget(config.search, plan.budget));
    joined.budgets.push_back({.name = names[b], .target = plan.budget, .least = band.low, .most = band.high});
    joined.path_cost_least = std::min(joined.path_cost_least, plan.path_cost_least);
    joined.path_cost_most = std::max(joined.path_cost_most, plan.path_cost_most);
    if (plan.band_parameters_most > 0) {
      const bool first = joined.band_parameters_most == 0;
      joined.band_parameters_least =
          first ? plan.band_parameters_least : std::min(joined.band_parameters_least, plan.band_parameters_least);
      joined.band_parameters_most = std::max(joined.band_parameters_most, plan.band_parameters_most);
    }
    joined.strictly_fair = joined.strictly_fair && plan.strictly_fair;
    joined.separate_macs += plan.macs() + plan.final.macs;
    joined.separate_memory_bytes = std::max(joined.separate_memory_bytes, plan.memory_bytes());
  }
  return joined;
}

}  // namespace danas
