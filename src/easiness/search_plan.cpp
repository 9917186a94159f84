#include "danas/easiness/search_plan.h"

#include <algorithm>
#include <cmath>

#include "danas/core/units.h"

namespace danas {

std::string FewStepsText(const PhasePlan& phase) {
  const bool known = phase.architecture_images > 0;
  const int64_t steps = phase.alpha_steps / std::max<int64_t>(1, phase.alpha_passes);  // of one budget
  if (!known || phase.cuts == 0 || steps >= kFewAlphaSteps) return "";
  const std::string begin =
      phase.phase.name + " has " + FormatThousands(steps) + " α steps for " + FormatThousands(phase.cuts) + " cuts: ";
  constexpr int64_t kClear = 2;  // standard errors; none reaches more than √n
  if (steps <= kClear * kClear) return begin + "too few for 2 standard errors, whatever they show";
  return begin + "2 standard errors take a difference of " +
         FormatDecimals(kClear / std::sqrt(static_cast<double>(steps)), 2) + " of its noise in a step";
}

std::string FewPathsText(const PhasePlan& phase) {
  if (phase.pair_effects == 0 || phase.scored > phase.main_effects + phase.pair_effects) return "";
  return phase.phase.name + " has " + FormatThousands(phase.scored) + " networks for " +
         FormatThousands(phase.main_effects) + " effects of candidates and " + FormatThousands(phase.pair_effects) +
         " of pairs: pairs are shrunk towards none as far as the networks do not tell them";
}

}  // namespace danas
