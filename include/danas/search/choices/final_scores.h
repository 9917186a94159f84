// The final choice by scores (search.final scored): networks of the band are scored with the supernet's weights, and
// the best of them, the finalists, once more on more images, after a short training each where the config asks for it.
// What is known so far lies here, so that a run resumes after the last network that was scored.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "danas/config/search_config.h"
#include "danas/cost/cost_model.h"
#include "danas/run/run_state.h"

namespace danas {

struct ScoredNetwork {
  std::vector<size_t> choice;  // a candidate for each layer
  double cost = 0;
  double loss = 0;      // mean over the images, in nats
  double accuracy = 0;  // share of images
  double fitted = 0;    // the loss that a fit gives it, where networks are ranked by one
};

// Networks, the best first.
struct ScoredRanking {
  std::vector<ScoredNetwork> networks = {};
  FinalEffects effects = FinalEffects::kNone;  // kNone: by their own losses
  double z = 0;  // how many standard errors the fit stands behind the first against the second
};

// How many effects a fit of networks with these candidates has, without pairs. It takes more networks than that.
size_t MainEffects(const CostTable& costs);

// search.finalists, or what its 0 stands for. `fitted`: a fit ranks the networks.
int64_t FinalistsOf(const SearchConfig& config, bool fitted);

// Lowest loss first, that of a fit with `effects` (ScoresOfPaths()); of equal ones the earlier. Where there are no more
// networks than effects there is no fit, and their own losses rank them. Losses are finite.
ScoredRanking RankScored(std::vector<ScoredNetwork> networks, const CostTable& costs, FinalEffects effects);

struct FinalScores {
  std::string settings = {};  // that the scores were made with: a fork that changes them scores again
  std::vector<std::vector<size_t>> networks = {};  // as scored
  std::vector<double> losses = {};
  std::vector<double> accuracies = {};
  std::vector<std::vector<size_t>> finalists = {};  // those done
  std::vector<double> finalist_accuracies = {};
  at::Tensor finalist_loss_fn = {};  // [finalist][image], float32 on the CPU; undefined before the first

  // RankScored().
  ScoredRanking Ranked(const CostTable& costs, FinalEffects effects) const;

  std::vector<ScoredNetwork> RankedFinalists(const CostTable& costs) const;  // lowest loss first

  // By how much the runner-up's loss is above the best finalist's, and the standard error of that difference over the
  // images, each image's two losses paired. 0 and 0 with one finalist.
  struct Margin {
    double loss = 0;
    double standard_error = 0;
  };
  Margin MarginOfBest() const;
};

void Describe(StateFields& fields, FinalScores& scores);

}  // namespace danas
