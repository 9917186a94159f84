// A search's two steps (train/weight_pass.h, search/architecture_pass.h) on random images, for what needs their time or
// memory and no result: the plan's probe, `danas bench supernet`, the timings in tests/bench. With ranks they send what
// a search sends.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "danas/config/config.h"
#include "danas/cost/cost_model.h"
#include "danas/run/ranks.h"
#include "danas/search/architecture_pass.h"
#include "danas/search/paths/paths.h"
#include "danas/search/search_state.h"
#include "danas/train/loader.h"

namespace danas {

class TrialSteps {
 public:
  // The supernet of the whole space; each step sees `images` on each rank, in parts of train.micro_batch and
  // search.alpha_micro_batch. Weights do not move (the learning rate is 0: random images teach nothing), α does: with
  // search.learner 'none' as 'gumbel' has it.
  TrialSteps(const Config& config, const SearchSpace& space, const CostModel& cost, at::Device device, int64_t images,
             const Ranks& ranks = {});

  // Seconds of one step: draw, forward, loss, backward, the optimiser's step. Waits for the device. A weight step of
  // search.paths 'fair' computes all paths of its group.
  double StepWeights();
  double StepArchitecture();

  const SearchState& state() const { return state_; }
  int64_t WeightBytes() const;  // whose gradients the ranks sum in a weight step

 private:
  Forwards DrawForwards();

  Config config_;
  SearchState state_;
  std::unique_ptr<Paths> paths_;
  std::shared_ptr<const Task> task_;
  Batch batch_;
  std::optional<ArchitectureScope> scope_;  // from an architecture step to the next weight step
  ArchitectureTotals totals_;
  ArchitectureStep step_;
};

}  // namespace danas
