// One phase of Algorithm 1: its loaders, and the two passes of an epoch.
#pragma once

#include <optional>
#include <vector>

#include "danas/data/subset.h"
#include "danas/schedule/search_plan.h"
#include "danas/search/alpha_trace.h"
#include "danas/search/architecture_pass.h"
#include "danas/search/search_loop.h"
#include "danas/search/search_state.h"

namespace danas {

// What the whole search shares: fixed once it has begun.
struct SearchCourse {
  SearchPlan plan;
  Split split;
  std::vector<int> order;  // positions of the dataset's classes, easiest first
};

// How much of the run's work is done, for the time left; in MACs.
struct WorkDone {
  double done = 0;
  double total = 0;
};

class PhaseTraining {
 public:
  PhaseTraining(const SearchInputs& inputs, const SearchCourse& course, const PhasePlan& plan, SearchState& state,
                ProgressSink* progress, WorkDone& work);

  // Eq. 9 over train; with alpha_pass every_k, steps of Eq. 10 in between. Throws std::logic_error if α got a gradient.
  PassResult WeightPass(int64_t epoch);

  // Eq. 10 over validation; none in warm-up.
  std::optional<ArchitectureResult> ArchitecturePass(int64_t epoch);

  const AlphaTrace& trace() const { return trace_; }

 private:
  bool interleaved() const { return interleaved_.has_value(); }
  PassOptions OptionsFor(const char* pass, int64_t epoch, double work);
  void AfterWeightStep(int64_t steps);

  const Config& config_;
  const PhasePlan& plan_;
  SearchState& state_;
  ProgressSink* progress_;
  WorkDone& work_;
  AlphaTrace trace_;
  at::Device device_;
  Loader weights_;
  std::optional<Loader> architecture_;
  std::optional<InterleavedArchitecture> interleaved_;
};

// MACs of one pass over the weights' and the architecture's images of a phase.
double WeightPassWork(const PhasePlan& plan);
double ArchitecturePassWork(const PhasePlan& plan);

}  // namespace danas
