#include "plan_seconds.h"

#include "danas/core/pass_work.h"

namespace danas {
namespace {

// Of forward passes, at the speed of the weight steps that were timed on the supernet of phase `whole`.
double SecondsOf(double macs, const PhasePlan& whole, const StepTimes& times, int64_t ranks) {
  return macs * times.weight_seconds / (kTrainingPassWork * whole.macs_per_image) / static_cast<double>(ranks);
}

}  // namespace

void AddSeconds(const StepTimes& times, const PhasePlan& whole, SearchPlan& plan) {
  for (PhasePlan& phase : plan.phases) {
    const auto weight_images = static_cast<double>(phase.phase.epochs * phase.weight_images);
    const auto alpha_images =
        static_cast<double>(phase.phase.epochs) * static_cast<double>(phase.alpha_passes * phase.architecture_images);
    phase.scoring_seconds = SecondsOf(phase.scoring_macs, whole, times, plan.ranks);
    phase.seconds = (weight_images * times.weight_seconds * phase.macs_per_image / whole.macs_per_image +
                     alpha_images * times.alpha_seconds * phase.alpha_macs_per_image / whole.alpha_macs_per_image) /
                        static_cast<double>(plan.ranks) +
                    phase.scoring_seconds;
  }
  plan.final.seconds = SecondsOf(plan.final.macs, whole, times, plan.ranks);
  plan.final.finalist_seconds = SecondsOf(plan.final.finalist_macs, whole, times, plan.ranks);
  plan.probed = true;
}

}  // namespace danas
