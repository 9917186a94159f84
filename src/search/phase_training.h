// One phase of Algorithm 1: its loaders, and the two passes of an epoch.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "danas/data/subset.h"
#include "danas/easiness/search_plan.h"
#include "danas/search/architecture_pass.h"
#include "danas/search/forward_macs.h"
#include "danas/search/paths/paths.h"
#include "danas/search/search_loop.h"
#include "danas/search/search_run.h"

namespace danas {

// What the whole search shares: fixed once it has begun.
struct SearchCourse {
  SearchPlan plan;
  Split split;
  std::vector<int> order;             // positions of the dataset's classes, easiest first
  std::vector<SearchInputs> budgets;  // of each branch: the inputs as a search for its budget alone has them

  // τ of the epoch at `position`; in warm-up that of the first epoch after it.
  double Temperature(const RelaxationConfig& config, const SearchPosition& position) const;
};

class PhaseTraining {
 public:
  // Continues where `run` is in this phase.
  PhaseTraining(const SearchInputs& inputs, const SearchCourse& course, const PhasePlan& plan, SearchRun& run,
                ProgressSink* progress, CheckpointKeeper* keeper);

  // Eq. 9 over train: of several branches each step trains the next one's candidates; with alpha_pass every_k, steps of
  // Eq. 10 in between. Throws std::logic_error if α got a gradient.
  PassResult WeightPass();

  // Eq. 10 over validation, of each branch; none in warm-up, nor where AlphaPasses() are none.
  std::vector<ArchitectureResult> ArchitecturePasses();

 private:
  PassOptions BeginPass(const std::string& name, double work);
  void EndPass(double work);
  Forwards DrawForwards(int64_t step);
  Forward ForwardOf(size_t branch, std::vector<LayerChoice> choices);
  ArchitectureResult ArchitecturePass(size_t branch);
  void AddWeightMacs(const Batch& batch);
  void StepArchitecture(int64_t weight_steps);  // with alpha_pass every_k, where one is due

  const Config& config_;
  const SearchCourse& course_;
  const PhasePlan& plan_;
  SearchRun& run_;
  SearchState& state_;  // run_'s
  ProgressSink* progress_;
  CheckpointKeeper* keeper_;
  at::Device device_;
  std::shared_ptr<const Task> task_;
  Loader weights_;
  std::vector<std::unique_ptr<Paths>> paths_;  // of each branch
  std::vector<ForwardMacs> forward_macs_;      // of each branch
  double step_macs_ = 0;                       // of an image in the weight step under way
  std::list<Loader> architecture_;             // one; with alpha_pass every_k one a branch
  std::list<InterleavedArchitecture> interleaved_;
};

}  // namespace danas
