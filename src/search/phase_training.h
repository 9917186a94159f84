// One phase of Algorithm 1: its loaders, and the two passes of an epoch.
#pragma once

#include <optional>
#include <vector>

#include "danas/data/subset.h"
#include "danas/schedule/search_plan.h"
#include "danas/search/architecture_pass.h"
#include "danas/search/forward_macs.h"
#include "danas/search/search_loop.h"
#include "danas/search/search_run.h"
#include "danas/search/weight_paths.h"

namespace danas {

// What the whole search shares: fixed once it has begun.
struct SearchCourse {
  SearchPlan plan;
  Split split;
  std::vector<int> order;  // positions of the dataset's classes, easiest first

  // τ of the epoch at `position`; in warm-up that of the first searching epoch.
  double Temperature(const RelaxationConfig& config, const SearchPosition& position) const;
};

class PhaseTraining {
 public:
  // Goes on where `run` stands in this phase.
  PhaseTraining(const SearchInputs& inputs, const SearchCourse& course, const PhasePlan& plan, SearchRun& run,
                ProgressSink* progress, CheckpointKeeper* keeper);

  // Eq. 9 over train; with alpha_pass every_k, steps of Eq. 10 in between. Throws std::logic_error if α got a gradient.
  PassResult WeightPass();

  // Eq. 10 over validation; none in warm-up.
  std::optional<ArchitectureResult> ArchitecturePass();

 private:
  bool interleaved() const { return interleaved_.has_value(); }
  PassOptions BeginPass(const char* name, double work);
  void EndPass(double work);
  Forwards DrawForwards();
  Forward ForwardOf(std::vector<LayerChoice> choices);
  void AfterWeightStep(int64_t steps);
  void AddWeightMacs(int64_t images);

  const Config& config_;
  const PhasePlan& plan_;
  SearchRun& run_;
  SearchState& state_;  // run_'s
  ProgressSink* progress_;
  CheckpointKeeper* keeper_;
  at::Device device_;
  Loader weights_;
  std::optional<WeightPaths> paths_;  // where the config has own paths
  ForwardMacs forward_macs_;
  double step_macs_ = 0;  // of an image in the weight step under way
  std::optional<Loader> architecture_;
  std::optional<InterleavedArchitecture> interleaved_;
};

// MACs of one pass over the weights' and the architecture's images of a phase.
double WeightPassWork(const PhasePlan& plan);
double ArchitecturePassWork(const PhasePlan& plan);

}  // namespace danas
