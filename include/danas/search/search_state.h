// What a search is at one moment: all that training and pruning change.
#pragma once

#include <cstdint>
#include <memory>

#include "danas/cost/cost_model.h"
#include "danas/nn/supernet.h"
#include "danas/search/arch_parameters.h"
#include "danas/search/relaxation.h"
#include "danas/train/weight_pass.h"

namespace danas {

struct SearchState {
  std::shared_ptr<Supernet> supernet;
  CostTable costs;  // of the supernet's space
  ArchParameters alpha;
  WeightTraining training;
  int64_t draws = 0;   // numbers the Gumbel draws of the run
  int64_t passes = 0;  // numbers the loaders' passes of the run, over weights and architecture alike
  int64_t alpha_steps = 0;
  int64_t weight_images = 0;  // seen by weight steps
  int64_t alpha_images = 0;
  double temperature = 0;  // τ of the epoch under way, which its place in the run gives; 0: the config's

  const SearchSpace& space() const { return supernet->space(); }
};

}  // namespace danas
