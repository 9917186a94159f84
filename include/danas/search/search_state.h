// What a search is at one moment: all that training and pruning change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "danas/config/config.h"
#include "danas/cost/cost_model.h"
#include "danas/nn/supernet.h"
#include "danas/search/arch_parameters.h"
#include "danas/search/choices/final_scores.h"
#include "danas/search/relaxation.h"
#include "danas/train/weight_pass.h"

namespace danas {

// What one budget of a search has of its own (search/budgets.h): the candidates that it still keeps, and what is known
// of them. A search with one budget has one, which keeps all that the supernet has.
struct Branch {
  std::string budget = {};                        // its name, "323M"; empty where the search has no other
  std::vector<std::vector<size_t>> kept_lc = {};  // places of its candidates in the run's supernet, ascending
  std::shared_ptr<Supernet> supernet = {};        // of these candidates alone: modules of the run's
  CostTable costs = {};                           // of them
  ArchParameters alpha;                           // of them
  FinalScores final_scores = {};                  // of the final choice, with search.final scored

  const SearchSpace& space() const { return supernet->space(); }
};

struct SearchState {
  std::shared_ptr<Supernet> supernet;  // of all that any branch keeps: whose weights are trained
  CostTable costs;                     // of its space
  std::vector<Branch> branches;        // one a budget, in their order
  WeightTraining training;
  int64_t draws = 0;   // numbers the Gumbel draws of the run
  int64_t passes = 0;  // numbers the loaders' passes of the run, over weights and architecture alike
  int64_t alpha_steps = 0;
  int64_t weight_images = 0;  // seen by weight steps
  int64_t alpha_images = 0;
  double temperature = 0;  // τ of the epoch under way, which its place in the run gives; 0: the config's

  const SearchSpace& space() const { return supernet->space(); }
};

// config.train; with search.scoring.ema the weights' average has its decay.
TrainConfig SupernetRecipe(const Config& config);

// At the start, for all of `space`: weights drawn by the config's seed, on the device; a branch for each budget.
// `schedule`: of the weight steps.
SearchState MakeSearchState(const Config& config, const SearchSpace& space, const CostModel& cost,
                            const RateSchedule& schedule, at::Device device, const Ranks& ranks);

}  // namespace danas
