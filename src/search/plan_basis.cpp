#include "plan_basis.h"

#include <algorithm>
#include <numeric>

#include "danas/core/error.h"
#include "danas/nn/fused_layer.h"

namespace danas {

double SumOverLayers(const CostTable& costs, const std::vector<double>& candidates_l) {
  double sum = costs.fixed;
  for (size_t l = 0; l < candidates_l.size(); ++l) {
    const std::vector<double>& layer = costs.candidates_lc[l];
    sum += candidates_l[l] * std::accumulate(layer.begin(), layer.end(), 0.0) / static_cast<double>(layer.size());
  }
  return sum;
}

std::vector<double> CandidatesOf(const SearchSpace& space) {
  std::vector<double> counts;
  for (const LayerSpec& layer : space.layers()) counts.push_back(static_cast<double>(layer.candidates.size()));
  return counts;
}

int64_t FirstSum(const std::vector<int64_t>& counts, int classes) {
  const auto end = counts.begin() + std::min<int64_t>(classes, static_cast<int64_t>(counts.size()));
  return std::accumulate(counts.begin(), end, int64_t{0});
}

std::vector<Phase> PhasesOf(const ScheduleConfig& config, const SearchSpace& space) {
  if (!space.has_heat_maps()) return MakePhases(config, space.classes());
  return config.difficulty.empty() ? MakePhases(config, /*classes=*/1, /*least=*/1) : MakeGroupPhases(config);
}

void RequirePersons(const PlanBasis& basis, const Phase& phase, const ClassCounts& counts) {
  const ScheduleConfig& schedule = basis.config.schedule;
  if (schedule.difficulty.empty() || counts.weights.empty()) return;
  const auto require = [&](const std::vector<int64_t>& groups, const TrainConfig& recipe, const char* part,
                           const char* other) {
    const int64_t persons = FirstSum(groups, phase.classes), least = LeastLastBatch(recipe, basis.ranks);
    if (persons >= least) return;
    throw ConfigError("schedule.classes: " + phase.name + " has " + std::to_string(persons) + " of the persons " +
                      part + " (" + schedule.difficulty + "), and batch norm needs " + std::to_string(least) +
                      "; raise the phase's entry, or " + other);
  };
  require(counts.weights, basis.config.train, "for the weights", "lower data.validation_images");
  if (phase.searches) {
    require(counts.architecture, basis.alpha, "for the architecture weights", "data.validation_images");
  }
}

double FloatBytes(const Config& config) { return config.runtime.precision == Precision::kFloat64 ? 8 : 4; }

double ElementBytes(const Config& config) { return config.runtime.amp == AmpKind::kNone ? FloatBytes(config) : 2; }

Computation ComputationOf(const PlanBasis& basis) {
  const Config& config = basis.config;
  return {.fused = config.runtime.amp == AmpKind::kNone && HasFusedKernels(config.nn.kernels, basis.device),
          .recomputes = config.nn.recompute == RecomputeKind::kLayer};
}

bool KeepsAverage(const Config& config) { return config.search.scoring.ema > 0 || config.train.ema_decay > 0; }

int StateCopies(const TrainConfig& recipe) { return recipe.optimizer == OptimizerKind::kAdam ? 2 : 1; }

double TrainingBytes(const Config& config, double parameters) {
  const double half_copies = config.runtime.amp == AmpKind::kNone ? 0 : 2;
  return ((2 + StateCopies(config.train) + (KeepsAverage(config) ? 1 : 0)) * FloatBytes(config) + half_copies) *
         parameters;
}

// Weights, the optimiser's state, the weights' average, and that as weights of a supernet of its own.
double BytesBesideScoring(const Config& config, double parameters) {
  const int copies =
      1 + StateCopies(config.train) + (KeepsAverage(config) ? 1 : 0) + (config.search.scoring.ema > 0 ? 1 : 0);
  return copies * FloatBytes(config) * parameters;
}

}  // namespace danas
