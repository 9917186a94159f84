// A search's time on GPUs as the model of steps (cost/step_model.h) predicts it: a span, from the model's shares of the
// GPUs' peaks to half of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "danas/cost/gpu_constants.h"
#include "danas/cost/step_model.h"

namespace danas {

// With the model's shares, and with half of them.
template <typename T>
struct Span {
  T low = {};
  T high = {};
};

struct PredictedPhase {
  std::string name;
  Span<StepSeconds> weight_step = {}, alpha_step = {};  // the latter zero where the phase has none
  Span<double> seconds = {};                            // of the phase, with what its pruning scores
};

struct PredictedSearch {
  GpuGroup gpus;
  int64_t batch = 0;  // images of a weight step over all GPUs
  std::vector<PredictedPhase> phases = {};
  Span<double> final_seconds = {};  // of a final choice by scores
  double weight_bytes = 0;          // of gradients that are summed, before any pruning
  double norms = 0;                 // batch norms of all candidates
  double macs_per_image = 0;        // of all candidates

  Span<double> seconds() const {
    Span<double> sum = final_seconds;
    for (const PredictedPhase& phase : phases) {
      sum.low += phase.seconds.low;
      sum.high += phase.seconds.high;
    }
    return sum;
  }
};

}  // namespace danas
