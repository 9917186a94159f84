// What a search is going to do and what it will take, before it starts: phase by phase, as plain numbers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "danas/schedule/class_schedule.h"

namespace danas {

struct PhasePlan {
  Phase phase;
  int64_t weight_images = 0;        // of each pass over the weights' part of train
  int64_t architecture_images = 0;  // of each architecture pass; 0 in warm-up
  int64_t weight_steps = 0;         // of the whole phase
  int64_t alpha_steps = 0;
  double candidates = 0;      // a layer, mean over all layers
  double macs_per_image = 0;  // of one forward pass of the supernet: all candidates, or the mean path where `hard`
  double macs_per_step = 0;   // of a weight step, forward and backward
  double parameters = 0;      // of the supernet; mean over which candidates survive
  double memory_bytes = 0;    // peak of tensors: weights, gradients, momentum, what backward needs, batches
  double seconds = 0;         // 0 without a probe
};

struct SearchPlan {
  std::vector<PhasePlan> phases;
  std::string device;
  int64_t batch = 0;
  int64_t ranks = 1;        // processes that share each batch
  int64_t micro_batch = 0;  // images in one forward pass
  int64_t searchable_layers = 0;
  double networks = 0;  // in the space
  std::string unit;     // of the next four
  double least = 0;     // cheapest network
  double most = 0;
  double budget = 0;
  double budget_max = 0;
  bool probed = false;  // `seconds` come from steps timed on this machine

  int64_t alpha_steps() const {
    return Sum<int64_t>([](const PhasePlan& p) { return p.alpha_steps; });
  }
  int64_t weight_steps() const {
    return Sum<int64_t>([](const PhasePlan& p) { return p.weight_steps; });
  }
  // Images of train that go through the weight steps, each as often as it is seen.
  int64_t images() const {
    return Sum<int64_t>([](const PhasePlan& p) { return p.phase.epochs * p.weight_images; });
  }
  double seconds() const {
    return Sum<double>([](const PhasePlan& p) { return p.seconds; });
  }
  double memory_bytes() const {
    double most_bytes = 0;
    for (const PhasePlan& p : phases) most_bytes = std::max(most_bytes, p.memory_bytes);
    return most_bytes;
  }

 private:
  template <typename T, typename Get>
  T Sum(const Get& get) const {
    T sum = 0;
    for (const PhasePlan& p : phases) sum += get(p);
    return sum;
  }
};

// α hardly moves in fewer steps than these; a plan below is warned of.
inline constexpr int64_t kFewAlphaSteps = 200;

}  // namespace danas
