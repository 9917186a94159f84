#include "danas/easiness/search_plan.h"

#include <algorithm>
#include <cmath>

#include "danas/core/units.h"

namespace danas {

events::PlannedPhase PlannedFields(const PhasePlan& phase) {
  events::PlannedPhase fields{.phase = phase.phase.name,
                              .classes = phase.phase.classes,
                              .epochs = phase.phase.epochs,
                              .searches = phase.phase.searches,
                              .weight_images = phase.weight_images,
                              .architecture_images = phase.architecture_images,
                              .weight_steps = phase.weight_steps,
                              .alpha_steps = phase.alpha_steps,
                              .candidates = phase.candidates,
                              .macs_per_image = phase.macs_per_image,
                              .parameters = phase.parameters,
                              .alpha_passes = {},
                              .cuts = phase.cuts,
                              .scored = phase.scored,
                              .paths_per_step = phase.paths_per_step,
                              .scoring_macs = phase.scoring_macs,
                              .alpha_macs_per_image = phase.alpha_macs_per_image};
  if (phase.alpha_passes > 1) fields.alpha_passes = phase.alpha_passes;
  return fields;
}

events::SearchStart PlanFields(const SearchPlan& plan) {
  events::SearchStart fields;
  fields.device = plan.device;
  fields.searchable_layers = plan.searchable_layers;
  fields.networks = plan.networks;
  fields.unit = plan.unit;
  fields.least = plan.least;
  fields.most = plan.most;
  fields.batch = plan.batch;
  fields.alpha_batch = plan.alpha_batch;
  fields.paths = plan.paths;
  fields.weight_steps = plan.weight_steps();
  fields.alpha_steps = plan.alpha_steps();
  fields.images = plan.images();
  fields.memory_bytes = plan.memory_bytes();
  fields.final_macs = plan.final.macs;
  for (const PhasePlan& phase : plan.phases) fields.phases.push_back(PlannedFields(phase));
  if (plan.budgets.empty()) {
    fields.budget = plan.budget;
    fields.budget_max = plan.budget_max;
    return fields;
  }
  fields.budgets.emplace();
  for (const PlannedBudget& budget : plan.budgets) {
    fields.budgets->push_back(
        {.budget = budget.name, .target = budget.target, .least = budget.least, .most = budget.most});
  }
  return fields;
}

std::string FewStepsText(const PhasePlan& phase) {
  const bool known = phase.architecture_images > 0;
  const int64_t steps = phase.alpha_steps / std::max<int64_t>(1, phase.alpha_passes);  // of one budget
  if (!known || phase.cuts == 0 || steps >= kFewAlphaSteps) return "";
  const std::string begin =
      phase.phase.name + " has " + FormatThousands(steps) + " α steps for " + FormatThousands(phase.cuts) + " cuts: ";
  constexpr int64_t kClear = 2;  // standard errors; none reaches more than √n
  if (steps <= kClear * kClear) return begin + "too few for 2 standard errors, whatever they show";
  return begin + "reaching 2 standard errors takes a difference of " +
         FormatDecimals(kClear / std::sqrt(static_cast<double>(steps)), 2) + " times its noise per step";
}

std::string FewPathsText(const PhasePlan& phase) {
  if (phase.pair_effects == 0 || phase.scored > phase.main_effects + phase.pair_effects) return "";
  return phase.phase.name + " has " + FormatThousands(phase.scored) + " networks for " +
         FormatThousands(phase.main_effects) + " effects of candidates and " + FormatThousands(phase.pair_effects) +
         " of pairs: effects of pairs are shrunk towards 0 where the networks do not determine them";
}

}  // namespace danas
