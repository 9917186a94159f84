// What a search is going to do and what it will take, before it starts: phase by phase, as plain numbers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "danas/core/pass_work.h"
#include "danas/easiness/class_schedule.h"
#include "danas/events/search_events.h"

namespace danas {

struct PhasePlan {
  Phase phase;
  int64_t weight_images = 0;         // of each pass over the weights' part of train
  int64_t architecture_images = 0;   // that α steps see in an epoch, of one budget; 0 in warm-up
  int64_t alpha_passes = 1;          // architecture passes in an epoch: one a budget, or none
  int64_t weight_steps = 0;          // of the whole phase
  int64_t alpha_steps = 0;           // of all budgets together
  int64_t cuts = 0;                  // layers that the pruning at its end cuts, for one budget
  int64_t main_effects = 0;          // that fits to scored paths have: a mean, and of each layer all candidates but one
  int64_t pair_effects = 0;          // with pruning.effects pairs, of neighbouring candidates
  int64_t scored = 0;                // networks, or supernets with a candidate masked, that are scored for it at most
  double scoring_macs = 0;           // of that, at most
  double candidates = 0;             // a layer, mean over all layers
  std::vector<double> candidates_l;  // of each layer
  std::vector<double> alpha_candidates_l;  // of each layer those that an α step computes
  int64_t paths_per_step = 0;              // that a weight step computes one by one; 0: all candidates at once
  double macs_per_image = 0;  // of a weight step's forward passes: all candidates, or the mean path, times the paths
  double alpha_macs_per_image = 0;  // of an α step's
  double macs_per_step = 0;         // of a weight step, forward and backward
  double parameters = 0;            // of the supernet; mean over which candidates survive, of several budgets at most
  double memory_bytes = 0;          // peak of tensors: weights, gradients, momentum, what backward needs, batches
  double seconds = 0;               // 0 without a probe; with what its pruning scores
  double scoring_memory_bytes = 0;  // the same peak while candidates are scored: kept images, activations, weights
  double scoring_seconds = 0;       // of `seconds`

  EpochWork epoch_work() const {
    return {.macs_per_image = macs_per_image,
            .weight_images = weight_images,
            .alpha_macs_per_image = alpha_macs_per_image,
            .architecture_images = architecture_images,
            .alpha_passes = alpha_passes};
  }
};

// One of several budgets of a search, with its band.
struct PlannedBudget {
  std::string name;  // "323M"
  double target = 0;
  double least = 0;
  double most = 0;
};

// The final choice by scores, of all budgets together; 0 networks without it.
struct FinalPlan {
  double networks = 0;  // scored at most
  int64_t images = 0;   // on each
  int64_t finalists = 0;
  int64_t finalist_training_images = 0;
  int64_t finalist_images = 0;
  double macs = 0;              // of all of it at most: what networks have in common is computed once
  double finalist_macs = 0;     // of `macs`, what finalists take
  double parameters = 0;        // of the supernet that the prunings leave, as PhasePlan's
  double memory_bytes = 0;      // peak of tensors
  double seconds = 0;           // 0 without a probe
  double finalist_seconds = 0;  // of `seconds`
};

struct SearchPlan {
  std::vector<PhasePlan> phases;
  FinalPlan final;
  std::string device;
  int64_t batch = 0;
  int64_t alpha_batch = 0;
  std::string paths = "gumbel";  // search.paths
  double path_cost_least = 0;    // of the band that they are drawn from; both 0: any network
  double path_cost_most = 0;
  bool strictly_fair = false;  // paths 'fair': the band may hold strictly fair groups of the whole space
  int64_t ranks = 1;           // processes that share each batch
  int64_t micro_batch = 0;     // images in one forward pass
  int64_t searchable_layers = 0;
  double networks = 0;  // in the space
  std::string unit;     // of the next four
  double least = 0;     // cheapest network
  double most = 0;
  double parameters_least = 0;  // of the space's networks
  double parameters_most = 0;
  double band_parameters_least = 0;  // of those within the band of the budget, or of one of several; both 0: none is
  double band_parameters_most = 0;
  double budget = 0;  // 0 with several
  double budget_max = 0;
  std::vector<PlannedBudget> budgets;   // where there are several
  double separate_macs = 0;             // of a search for each of these alone, all together
  double separate_memory_bytes = 0;     // of the one that takes most
  std::string pruning_score = "alpha";  // search.pruning.score
  int64_t scoring_images = 0;           // that each network is scored on for a pruning, at most
  double certain = 0;      // standard errors that a cut needs; above 0 candidates are the fewest that there can be
  bool probed = false;     // `seconds` come from steps timed on this machine
  bool predicted = false;  // for GPUs that need not be here; `seconds` are 0 (cost/predicted_search.h)

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
    return Sum<double>([](const PhasePlan& p) { return p.seconds; }) + final.seconds;
  }
  // Of all passes, in forward ones (core/pass_work.h).
  double macs() const {
    return Sum<double>([](const PhasePlan& p) {
      return static_cast<double>(p.phase.epochs) * WorkOfEpoch(p.epoch_work()) + p.scoring_macs;
    });
  }
  double memory_bytes() const {
    double most_bytes = final.memory_bytes;
    for (const PhasePlan& p : phases) most_bytes = std::max({most_bytes, p.memory_bytes, p.scoring_memory_bytes});
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

// What a log says of the plan.
events::PlannedPhase PlannedFields(const PhasePlan& phase);
events::SearchStart PlanFields(const SearchPlan& plan);

// A phase with fewer distinguishes candidates only where their difference is large beside its noise in one step.
inline constexpr int64_t kFewAlphaSteps = 200;

// That a phase has few α steps for its cuts, and what they can show; empty where there are enough. A difference of r
// times its own deviation reaches r √n standard errors in n steps.
std::string FewStepsText(const PhasePlan& phase);

// That a phase's paths do not determine all effects of pairs, and what becomes of those; empty where they may.
std::string FewPathsText(const PhasePlan& phase);

}  // namespace danas
