// What every phase of a plan is computed from.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "danas/config/config.h"
#include "danas/cost/cost_model.h"
#include "danas/search/make_plan.h"
#include "danas/search/memory_estimate.h"
#include "danas/train/loaders.h"

namespace danas {

// Of MACs or parameters: the fixed part, and of every layer the mean of its candidates times how many there are.
double SumOverLayers(const CostTable& costs, const std::vector<double>& candidates_l);

std::vector<double> CandidatesOf(const SearchSpace& space);

// Of the first `classes`.
int64_t FirstSum(const std::vector<int64_t>& counts, int classes);

struct PlanBasis {
  const Config& config;
  const SearchSpace& space;
  CostTable macs;
  CostTable parameters;
  at::Device device;
  int ranks;
  double path_macs;  // of one path of the whole space, the mean
  TrainConfig alpha = AlphaRecipe(config);

  int64_t Batches(int64_t images, const TrainConfig& recipe) const {
    return BatchesOf(images, recipe.batch, LeastLastBatch(recipe, ranks));
  }
  // Images of a batch in one process.
  int64_t Batch(const TrainConfig& recipe) const { return (recipe.batch + ranks - 1) / ranks; }
  int64_t MicroBatch(const TrainConfig& recipe) const {
    return recipe.micro_batch > 0 ? std::min(recipe.micro_batch, Batch(recipe)) : Batch(recipe);
  }
};

// The schedule of a network for classes. Of one for key-points every phase has all persons, who are of one class, or
// with schedule.difficulty the first groups of them.
std::vector<Phase> PhasesOf(const ScheduleConfig& config, const SearchSpace& space);

// Groups of persons may be small, and so be fewer of one batch than batch norm needs (LeastLastBatch). Throws
// ConfigError naming the phase where that is so; does nothing for classes, of which each has its images.
void RequirePersons(const PlanBasis& basis, const Phase& phase, const ClassCounts& counts);

// Of a number among weights and images.
double FloatBytes(const Config& config);
double ElementBytes(const Config& config);  // of an activation
bool KeepsAverage(const Config& config);    // of the weights
int StateCopies(const TrainConfig& recipe);  // numbers that the optimiser keeps of each weight

// What so many of the supernet's parameters take in a weight step, with gradients, momentum, average and copies in half
// precision; and what they take while networks are scored.
double TrainingBytes(const Config& config, double parameters);
double BytesBesideScoring(const Config& config, double parameters);

Computation ComputationOf(const PlanBasis& basis);

}  // namespace danas
