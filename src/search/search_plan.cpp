#include "danas/search/search_plan.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>

#include "danas/core/error.h"
#include "danas/nn/fused_layer.h"
#include "danas/search/final_choice.h"
#include "danas/search/memory_estimate.h"
#include "danas/search/pruner.h"
#include "danas/train/device.h"
#include "danas/train/loaders.h"

namespace danas {
namespace {

constexpr double kWeightStepPasses = 3;  // forward, and twice that for the gradients of features and weights
constexpr double kAlphaStepPasses = 2;   // forward, and the gradient of features alone

// The mean of each layer's candidates, times how many there are.
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

SearchSpace AfterPruning(const SearchSpace& space, const PruningConfig& config) {
  std::vector<std::vector<double>> alpha_lc;
  for (const LayerSpec& layer : space.layers()) alpha_lc.emplace_back(layer.candidates.size(), 0.0);
  return space.Without(ChoosePruning(space, alpha_lc, config).dropped);
}

int64_t FirstSum(const std::vector<int64_t>& counts, int classes) {
  const auto end = counts.begin() + std::min<int64_t>(classes, static_cast<int64_t>(counts.size()));
  return std::accumulate(counts.begin(), end, int64_t{0});
}

// What every phase of a plan is computed from.
struct PlanBasis {
  const Config& config;
  const SearchSpace& space;
  CostTable macs;
  CostTable parameters;
  at::Device device;
  int ranks;

  int64_t batches(int64_t images) const {
    return BatchesOf(images, config.train.batch, LeastLastBatch(config.train, ranks));
  }
  // Images of a batch in one process.
  int64_t batch() const { return (config.train.batch + ranks - 1) / ranks; }
  int64_t micro_batch() const {
    return config.train.micro_batch > 0 ? std::min(config.train.micro_batch, batch()) : batch();
  }
};

double MemoryBytes(const PlanBasis& basis, const PhasePlan& plan, const std::vector<double>& candidates_l,
                   const std::vector<double>& weight_paths_l) {
  const Config& config = basis.config;
  const int64_t micro = basis.micro_batch();
  const double float_bytes = config.runtime.precision == Precision::kFloat64 ? 8 : 4;
  const double element_bytes = config.runtime.amp == AmpKind::kNone ? float_bytes : 2;
  const Computation how{.fused = config.runtime.amp == AmpKind::kNone && HasFusedKernels(config.nn.kernels, basis.device),
                        .recomputes = config.nn.recompute == RecomputeKind::kLayer};
  const auto step_bytes = [&](double elements) { return element_bytes * static_cast<double>(micro) * elements; };
  const double image_bytes = 4.0 * basis.space.input_channels() * basis.space.input().height * basis.space.input().width;
  const double batches = static_cast<double>((config.data.queue + 1) * basis.batch()) * image_bytes;
  const double half_copies = config.runtime.amp == AmpKind::kNone ? 0 : 2;
  const double weight_pass = (3 * float_bytes + half_copies) * plan.parameters +
                             step_bytes(PeakElements(basis.space, weight_paths_l, /*keeps_outputs=*/false, how));
  if (!plan.phase.searches) return weight_pass + batches;
  const double alpha_pass = (2 * float_bytes + half_copies) * plan.parameters +
                            step_bytes(PeakElements(basis.space, candidates_l, /*keeps_outputs=*/true, how));
  return std::max(weight_pass, alpha_pass) + 2 * batches;  // two loaders
}

PhasePlan PlanPhase(const PlanBasis& basis, const Phase& phase, const SearchSpace& space, const ClassCounts& counts) {
  const Config& config = basis.config;
  PhasePlan plan;
  plan.phase = phase;
  plan.weight_images = FirstSum(counts.weights, phase.classes);
  const int64_t weight_batches = basis.batches(plan.weight_images);
  plan.weight_steps = phase.epochs * weight_batches;
  if (phase.searches) {
    plan.architecture_images = FirstSum(counts.architecture, phase.classes);
    plan.alpha_steps = config.search.alpha_pass == AlphaPass::kPerEpoch
                           ? phase.epochs * basis.batches(plan.architecture_images)
                           : plan.weight_steps / config.search.alpha_every;
  }
  const std::vector<double> candidates_l = CandidatesOf(space);
  const std::vector<double> one_path_l(candidates_l.size(), 1.0);
  const std::vector<double>& weight_paths_l = config.search.relaxation.hard ? one_path_l : candidates_l;
  plan.candidates = std::accumulate(candidates_l.begin(), candidates_l.end(), 0.0) / static_cast<double>(candidates_l.size());
  plan.macs_per_image = SumOverLayers(basis.macs, weight_paths_l);
  plan.macs_per_step = kWeightStepPasses * plan.macs_per_image * static_cast<double>(config.train.batch);
  plan.parameters = SumOverLayers(basis.parameters, candidates_l);
  plan.memory_bytes = MemoryBytes(basis, plan, candidates_l, weight_paths_l);
  return plan;
}

// Images that α steps of the whole phase see.
double AlphaImages(const PhasePlan& plan, const Config& config) {
  if (config.search.alpha_pass == AlphaPass::kEveryK) {
    return static_cast<double>(plan.alpha_steps) * static_cast<double>(config.train.batch);
  }
  return static_cast<double>(plan.phase.epochs) * static_cast<double>(plan.architecture_images);
}

}  // namespace

ClassCounts CountImages(const Split& split, const std::vector<int>& order) {
  std::vector<size_t> place(order.size());
  for (size_t i = 0; i < order.size(); ++i) place.at(static_cast<size_t>(order[i])) = i;
  const auto count = [&](const Subset& subset) {
    std::vector<int64_t> counts(order.size(), 0);
    for (const int target : subset.targets) ++counts[place[static_cast<size_t>(target)]];
    return counts;
  };
  return {count(split.weights), count(split.architecture)};
}

int64_t BatchesOf(int64_t images, int64_t batch, int64_t least_last) {
  const int64_t whole = images / batch, rest = images % batch;
  return whole + (rest >= least_last || (rest > 0 && whole == 0) ? 1 : 0);
}

SearchPlan MakeSearchPlan(const Config& config, const SearchSpace& space, const CostModel& cost,
                          const ClassCounts& counts, at::Device device, const std::optional<StepTimes>& times,
                          int ranks) {
  const CostTable costs = MakeCostTable(cost, space);
  CheckBudget(config.search, costs);
  SearchPlan plan;
  plan.device = DescribeDevice(device);
  plan.batch = config.train.batch;
  plan.searchable_layers = static_cast<int64_t>(space.SearchableLayers());
  plan.networks = space.NetworkCount();
  plan.unit = costs.unit;
  plan.least = costs.Least();
  plan.most = costs.Most();
  plan.budget = config.search.budget.value;
  plan.budget_max = LargestCost(config.search);
  plan.probed = times.has_value();

  const PlanBasis basis{config, space, MakeCostTable(*MakeMacsModel(), space),
                        MakeCostTable(*MakeParametersModel(), space), device, ranks};
  plan.ranks = ranks;
  plan.micro_batch = basis.micro_batch();
  const double whole_macs = SumOverLayers(basis.macs, CandidatesOf(space));
  SearchSpace left = space;
  for (const Phase& phase : MakePhases(config.schedule, space.classes())) {
    PhasePlan of_phase = PlanPhase(basis, phase, left, counts);
    if (times) {
      const double alpha_macs = SumOverLayers(basis.macs, CandidatesOf(left));
      const auto weight_images = static_cast<double>(phase.epochs * of_phase.weight_images);
      const double weight_base = config.search.relaxation.hard ? of_phase.macs_per_image : whole_macs;
      of_phase.seconds = weight_images * times->weight_seconds * of_phase.macs_per_image / weight_base +
                         AlphaImages(of_phase, config) * times->alpha_seconds * alpha_macs / whole_macs;
      of_phase.seconds /= ranks;
    }
    plan.phases.push_back(of_phase);
    if (phase.searches) left = AfterPruning(left, config.search.pruning);
  }
  return plan;
}

}  // namespace danas
