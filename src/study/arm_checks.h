// What a study's arms must be before anything runs.
#pragma once

#include "danas/study/plan.h"

namespace danas {

// Throws ConfigError, which names both, where two arms have the same settings. Whether a preset, a strategy or the file
// itself gave a setting makes no difference.
void CheckArmsDiffer(const Study& study, const StudyPlan& plan);

// Throws ConfigError with the arm, its budget and the reachable range where no network of the arm's space meets it. The
// dataset's number of classes changes costs a little and may not be known here: what it could make possible is let
// pass.
void CheckBudgetsInReach(const Study& study, const StudyPlan& plan);

}  // namespace danas
