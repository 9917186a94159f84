// A predicted search, for people and for programs. Both say that nothing was measured.
#pragma once

#include <string>

#include "danas/core/json.h"
#include "danas/cost/predicted_search.h"

namespace danas {

// What follows a plan's text: one row a phase, the total, how far the model was from what was measured, and whether
// `memory_bytes` of tensors fit one of the GPUs. At most 80 columns wide.
std::string PredictionText(const PredictedSearch& predicted, double memory_bytes);

// Seconds; each constant with its unit and source.
Json PredictionJson(const PredictedSearch& predicted, double memory_bytes);

}  // namespace danas
