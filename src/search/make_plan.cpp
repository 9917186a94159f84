#include "danas/search/make_plan.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include "danas/core/error.h"
#include "danas/core/pass_work.h"
#include "danas/cost/parameter_range.h"
#include "danas/cost/search_band.h"
#include "danas/run/device.h"
#include "danas/search/budget_band.h"
#include "danas/search/budgets.h"
#include "danas/search/learners/learner.h"
#include "danas/search/memory_estimate.h"
#include "danas/search/paths/paths.h"
#include "danas/search/pruning_decision.h"
#include "danas/train/loaders.h"
#include "joined_plan.h"
#include "plan_basis.h"
#include "plan_seconds.h"
#include "scoring_plan.h"

namespace danas {
namespace {

LayerCandidates DroppedOf(const SearchSpace& space, const PruningConfig& config) {
  std::vector<std::vector<double>> alpha_lc;
  for (const LayerSpec& layer : space.layers()) alpha_lc.emplace_back(layer.candidates.size(), 0.0);
  return ChooseWeakest(space, alpha_lc, config);
}

// The mean path's MACs: of the paths that are drawn; of all networks, each as likely, where α has a say, as it begins.
double PathMacs(const Paths& paths, const CostTable& macs) {
  const std::vector<std::vector<double>> probability_lc = paths.Probabilities();
  return probability_lc.empty() ? macs.Mean() : macs.Expected(probability_lc);
}

// `alpha_l`, `weight_paths_l`: candidates of each layer that a forward pass of an α step and of a weight step holds.
double MemoryBytes(const PlanBasis& basis, const PhasePlan& plan, const std::vector<double>& alpha_l,
                   const std::vector<double>& weight_paths_l) {
  const Config& config = basis.config;
  const double float_bytes = FloatBytes(config), element_bytes = ElementBytes(config);
  const Computation how = ComputationOf(basis);
  const auto step_bytes = [&](double elements, const TrainConfig& recipe) {
    return element_bytes * static_cast<double>(basis.MicroBatch(recipe)) * elements;
  };
  const double image_bytes =
      4.0 * basis.space.input_channels() * basis.space.input().height * basis.space.input().width;
  const auto batches = [&](const TrainConfig& recipe) {
    return static_cast<double>((config.data.queue + 1) * basis.Batch(recipe)) * image_bytes;
  };
  const double half_copies = config.runtime.amp == AmpKind::kNone ? 0 : 2;
  const double averages = KeepsAverage(config) ? float_bytes : 0;
  const double weight_pass =
      TrainingBytes(config, plan.parameters) +
      step_bytes(PeakElements(basis.space, weight_paths_l, /*keeps_outputs=*/false, how), config.train);
  if (plan.alpha_passes == 0) return weight_pass + batches(config.train);
  const double alpha_pass = (2 * float_bytes + averages + half_copies) * plan.parameters +
                            step_bytes(PeakElements(basis.space, alpha_l, /*keeps_outputs=*/true, how), basis.alpha);
  return std::max(weight_pass, alpha_pass) + batches(config.train) + batches(basis.alpha);
}

// Of each layer, that an α step computes.
std::vector<double> AlphaCandidates(const SearchConfig& search, std::vector<double> candidates_l) {
  const std::unique_ptr<const Learner> learner = MakeLearner(search);
  if (!learner) return candidates_l;
  for (double& candidates : candidates_l) candidates = learner->Computes(candidates);
  return candidates_l;
}

// That α steps between weight steps see, `per_step` each, to the nearest whole one.
int64_t ImagesOfAnEpoch(const PhasePlan& plan, int64_t per_step) {
  return std::llround(static_cast<double>(plan.alpha_steps) * static_cast<double>(per_step) /
                      static_cast<double>(plan.phase.epochs));
}

PhasePlan PlanPhase(const PlanBasis& basis, const Phase& phase, const SearchSpace& space, const ClassCounts& counts) {
  const Config& config = basis.config;
  PhasePlan plan;
  plan.phase = phase;
  plan.weight_images = FirstSum(counts.weights, phase.classes);
  const int64_t weight_batches = basis.Batches(plan.weight_images, config.train);
  plan.weight_steps = phase.epochs * weight_batches;
  plan.alpha_passes = phase.searches && UsesAlpha(config.search) ? 1 : 0;
  if (plan.alpha_passes > 0) {
    const int64_t images = FirstSum(counts.architecture, phase.classes);
    if (config.search.alpha_pass == AlphaPass::kPerEpoch) {
      plan.architecture_images = images;
      plan.alpha_steps = phase.epochs * basis.Batches(images, basis.alpha);
    } else {
      plan.alpha_steps = plan.weight_steps / config.search.alpha_every;
      plan.architecture_images = ImagesOfAnEpoch(plan, std::min(images, AlphaRecipe(config).batch));
    }
  }
  const std::vector<double> candidates_l = CandidatesOf(space);
  const std::vector<double> one_path_l(candidates_l.size(), 1.0);
  plan.paths_per_step = PathsPerStep(config.search, static_cast<int64_t>(std::ranges::max(candidates_l)));
  const std::vector<double>& weight_paths_l = plan.paths_per_step > 0 ? one_path_l : candidates_l;
  plan.candidates_l = candidates_l;
  plan.candidates =
      std::accumulate(candidates_l.begin(), candidates_l.end(), 0.0) / static_cast<double>(candidates_l.size());
  plan.macs_per_image = plan.paths_per_step > 0 ? static_cast<double>(plan.paths_per_step) * basis.path_macs
                                                : SumOverLayers(basis.macs, candidates_l);
  const std::vector<double> alpha_l = AlphaCandidates(config.search, candidates_l);
  plan.alpha_candidates_l = alpha_l;
  plan.alpha_macs_per_image = SumOverLayers(basis.macs, alpha_l);
  plan.macs_per_step = WeightPassWork(plan.macs_per_image, config.train.batch);
  plan.parameters = SumOverLayers(basis.parameters, candidates_l);
  // With hard_alpha 'one' as if all were computed: an upper bound.
  const bool gumbel = config.search.learner == LearnerKind::kGumbel;
  plan.memory_bytes = MemoryBytes(basis, plan, gumbel ? candidates_l : alpha_l, weight_paths_l);
  return plan;
}

void DescribePaths(const SearchConfig& search, const Paths& paths, SearchPlan& plan) {
  plan.paths = NameOf(search.paths);
  plan.strictly_fair = paths.may_be_strict();
  if (!PathsKeepBand(search)) return;
  const CostBand band = BandOf(search);
  plan.path_cost_least = band.low;
  plan.path_cost_most = band.high;
}

void DescribeParameters(const CostTable& costs, const CostBand& band, const CostTable& parameters, SearchPlan& plan) {
  plan.parameters_least = parameters.Least();
  plan.parameters_most = parameters.Most();
  if (const std::optional<CostBand> within = ParametersWithin(costs, band, parameters)) {
    plan.band_parameters_least = within->low;
    plan.band_parameters_most = within->high;
  }
}

// What a plan is made from, beside its config.
struct PlanInputs {
  const SearchSpace& space;
  const CostModel& cost;
  const ClassCounts& counts;
  at::Device device;
  int ranks;
  std::string device_name;
};

// Of a search for one budget.
SearchPlan PlanOne(const Config& config, const PlanInputs& inputs) {
  const auto& [space, cost, counts, device, ranks, device_name] = inputs;
  const CostTable costs = MakeCostTable(cost, space);
  CheckBudget(config.search, costs);
  CheckPaths(config.search, costs);
  CheckAlphaIsRead(config.search);
  CheckPruning(config.search, costs);
  SearchPlan plan;
  plan.device = device_name;
  plan.batch = config.train.batch;
  plan.alpha_batch = AlphaRecipe(config).batch;
  plan.searchable_layers = static_cast<int64_t>(space.SearchableLayers());
  plan.networks = space.NetworkCount();
  plan.unit = costs.unit;
  plan.least = costs.Least();
  plan.most = costs.Most();
  plan.budget = config.search.budget.value;
  plan.budget_max = LargestCost(config.search);
  plan.certain = config.search.pruning.certain;
  plan.pruning_score = NameOf(config.search.pruning.score);
  if (config.search.pruning.score != PruningScore::kAlpha) plan.scoring_images = config.search.scoring.images;

  const std::unique_ptr<Paths> paths = MakePaths(config.search, costs);
  DescribePaths(config.search, *paths, plan);
  const CostTable macs = MakeCostTable(*MakeMacsModel(), space);
  const PlanBasis basis{.config = config,
                        .space = space,
                        .macs = macs,
                        .parameters = MakeCostTable(*MakeParametersModel(), space),
                        .device = device,
                        .ranks = ranks,
                        .path_macs = PathMacs(*paths, macs)};
  DescribeParameters(costs, BandOf(config.search), basis.parameters, plan);
  plan.ranks = ranks;
  plan.micro_batch = basis.MicroBatch(config.train);
  SearchSpace left = space;
  for (const Phase& phase : PhasesOf(config.schedule, space)) {
    RequirePersons(basis, phase, counts);
    PhasePlan of_phase = PlanPhase(basis, phase, left, counts);
    PlanScoring(basis, left, counts, of_phase);
    if (phase.searches) {
      const LayerCandidates dropped = DroppedOf(left, config.search.pruning);
      of_phase.cuts = std::ssize(dropped);
      left = left.Without(dropped);
    }
    plan.phases.push_back(of_phase);
  }
  plan.final = PlanFinal(basis, plan, costs, left, counts);
  return plan;
}

// For each budget.
std::vector<SearchPlan> PlanEach(const Config& config, const PlanInputs& inputs) {
  std::vector<SearchPlan> plans;
  for (const double target : TargetsOf(config.search)) {
    Config of_budget = config;
    of_budget.search = WithBudget(config.search, target);
    plans.push_back(PlanOne(of_budget, inputs));
  }
  return plans;
}

SearchPlan JoinedPlan(const Config& config, const PlanInputs& inputs, const std::vector<SearchPlan>& alone) {
  return alone.size() == 1 ? alone.front()
                           : JoinPlans(config, alone, MakeCostTable(*MakeParametersModel(), inputs.space));
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

ClassCounts EvenCounts(int64_t images, int classes, const DataConfig& data) {
  int64_t each = std::max<int64_t>(1, images / classes);
  if (data.search_images_per_class > 0) each = std::min(each, data.search_images_per_class);
  const int64_t carved = ImagesForArchitecture(data, each);
  if (carved >= each) {
    throw ConfigError("--images: " + std::to_string(images) + " images are " + std::to_string(each) + " of each of " +
                      std::to_string(classes) + " classes for the search, and the architecture weights take " +
                      std::to_string(carved) +
                      " of them; one must be left. Give more images (and raise data.search_images_per_class where it "
                      "is set), or lower data.validation_per_class");
  }
  const auto count = static_cast<size_t>(classes);
  return {.weights = std::vector<int64_t>(count, each - carved), .architecture = std::vector<int64_t>(count, carved)};
}

int64_t BatchesOf(int64_t images, int64_t batch, int64_t least_last) {
  const int64_t whole = images / batch, rest = images % batch;
  return whole + (rest >= least_last || (rest > 0 && whole == 0) ? 1 : 0);
}

SearchPlan MakeSearchPlan(const Config& config, const SearchSpace& space, const CostModel& cost,
                          const ClassCounts& counts, at::Device device, const std::optional<StepTimes>& times,
                          int ranks) {
  const PlanInputs inputs{space, cost, counts, device, ranks, DescribeDevice(device)};
  const std::vector<SearchPlan> alone = PlanEach(config, inputs);
  SearchPlan plan = JoinedPlan(config, inputs, alone);
  if (times) AddSeconds(*times, alone.front().phases.front(), plan);
  return plan;
}

SearchPlan MakePlanFor(const GpuGroup& gpus, const Config& config, const SearchSpace& space, const CostModel& cost,
                       const ClassCounts& counts) {
  const PlanInputs inputs{space, cost, counts, at::kCUDA, gpus.count, NameOf(gpus) + ", not this machine"};
  SearchPlan plan = JoinedPlan(config, inputs, PlanEach(config, inputs));
  plan.predicted = true;
  return plan;
}

}  // namespace danas
