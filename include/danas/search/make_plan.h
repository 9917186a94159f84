// From a config to the plan of its search: classes, images, steps, candidates, work, memory and time of every phase.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "danas/config/config.h"
#include "danas/cost/cost_model.h"
#include "danas/cost/gpu_constants.h"
#include "danas/cost/predicted_search.h"
#include "danas/data/subset.h"
#include "danas/easiness/search_plan.h"

namespace danas {

// Images of each class, easiest class first.
struct ClassCounts {
  std::vector<int64_t> weights;
  std::vector<int64_t> architecture;
};

// `order`: positions of the dataset's classes, easiest first.
ClassCounts CountImages(const Split& split, const std::vector<int>& order);

// Of a dataset with so many images, all classes alike, as `data` splits it.
ClassCounts EvenCounts(int64_t images, int classes, const DataConfig& data);

// Batches of a pass of a training loader: a last one of fewer than `least_last` images joins the batch before.
int64_t BatchesOf(int64_t images, int64_t batch, int64_t least_last = 2);

// Seconds of one step on the supernet of the whole space.
struct StepTimes {
  double weight_seconds = 0;  // an image
  double alpha_seconds = 0;
};

// Candidate counts follow the pruning rule; which candidates survive is not known, so that a layer's means stand for
// them. Throws ConfigError: classes (schedule.classes) that do not fit, a budget that nothing meets, validation images
// missing. `counts` may be empty: images and steps are then 0. Memory is that of one of `ranks` processes; time that of
// all together, as if their messages took none.
SearchPlan MakeSearchPlan(const Config& config, const SearchSpace& space, const CostModel& cost,
                          const ClassCounts& counts, at::Device device,
                          const std::optional<StepTimes>& times = std::nullopt, int ranks = 1);

// The same for GPUs that need not be here, one process each, without seconds: memory is that on one of them.
SearchPlan MakePlanFor(const GpuGroup& gpus, const Config& config, const SearchSpace& space, const CostModel& cost,
                       const ClassCounts& counts);

// What its steps and phases would take on them. Throws ConfigError for what the model of steps does not know (half or
// double precision, layers computed again) and for batches with fewer than two images a GPU.
PredictedSearch PredictSearch(const GpuGroup& gpus, const Config& config, const SearchSpace& space,
                              const SearchPlan& plan);

// Times a few weight and architecture steps on random images: on a CPU at most 16 a step, else a micro-batch.
StepTimes ProbeStepTimes(const Config& config, const SearchSpace& space, const CostModel& cost, at::Device device);

}  // namespace danas
