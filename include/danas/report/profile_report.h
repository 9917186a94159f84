// Profiles of a search's steps (core/step_profile.h) as tables for people and as JSON.
#pragma once

#include <string>

#include "danas/core/json.h"
#include "danas/core/step_profile.h"

namespace danas {

// One line of times and of the GPU's idle share, then kernels (where a GPU was to work) and operators by time; what
// comes after the first rows is summed up in one.
std::string ProfileText(const StepProfile& profile);

// Every row. "idle_share" is of the profiled step, "idle_share_plain" of the plain one; neither is there without
// kernels.
Json ProfileJson(const StepProfile& profile);

}  // namespace danas
