// Config section `search.pruning`: what Algorithm 1 drops after a step of the schedule.
#pragma once

#include "danas/config/describe.h"

namespace danas {

enum class PruningScope { kLayer, kGlobal };
template <>
struct EnumNames<PruningScope> {
  static constexpr std::array kNames = {"layer", "global"};
};

enum class PruningGranularity { kPair, kBlock, kOperator };
template <>
struct EnumNames<PruningGranularity> {
  static constexpr std::array kNames = {"pair", "block", "operator"};
};

enum class PruningRounding { kHalfUp, kDown, kUp };
template <>
struct EnumNames<PruningRounding> {
  static constexpr std::array kNames = {"half_up", "down", "up"};
};

// What a pruning judges candidates by (search/candidate_scores.h).
enum class PruningScore { kAlpha, kPerturbation, kPaths };
template <>
struct EnumNames<PruningScore> {
  static constexpr std::array kNames = {"alpha", "perturbation", "paths"};
};

// Whether a pruning looks at what networks of the budget its candidates still make.
enum class PruningBudget { kBlind, kAware };
template <>
struct EnumNames<PruningBudget> {
  static constexpr std::array kNames = {"blind", "aware"};
};

// What the fit of score paths is made of.
enum class PathEffects { kMain, kPairs };
template <>
struct EnumNames<PathEffects> {
  static constexpr std::array kNames = {"main", "pairs"};
};

struct PruningConfig {
  double ratio = 0.4;
  PruningScope scope = PruningScope::kLayer;
  PruningGranularity granularity = PruningGranularity::kPair;
  PruningRounding rounding = PruningRounding::kHalfUp;
  PruningScore score = PruningScore::kAlpha;
  int64_t paths = 300;
  PathEffects effects = PathEffects::kMain;
  PruningBudget budget = PruningBudget::kBlind;
  int64_t least_networks = 1;
  double certain = 0;

  void Describe(ConfigVisitor& v) {
    v.Field("ratio", ratio,
            {.help = "π: fraction of the current candidates dropped after each schedule step",
             .min = 0,
             .max = 0.99,
             .source = "paper"});
    v.Field("scope", scope, {.help = "layer: ratio applies to each layer separately; global: to all layers together"});
    v.Field("granularity", granularity,
            {.help = "what is dropped as a unit: a (block, operator) pair, a block or an operator"});
    v.Field("rounding", rounding, {.help = "rounding of the number of candidates to drop"});
    v.Field("score", score,
            {.help = "score of a candidate. alpha: softmax(α); perturbation: increase in validation loss when the "
                     "candidate is masked (Wang et al., ICLR 2021); paths: its effect on the validation losses of "
                     "sampled networks, by least squares. The last two are in nats, on the images of search.scoring",
             .source = "paper"});
    v.Field("paths", paths,
            {.help = "score paths: number of networks sampled, from the whole space or, with budget aware, from the "
                     "cost band; must exceed the number of fitted effects, preferably by a factor of three",
             .unit = "networks",
             .min = 2,
             .max = 1e6});
    v.Field("effects", effects,
            {.help = "score paths: terms of the fit. main: one effect per candidate; pairs: also interactions of "
                     "candidates in neighbouring layers"});
    v.Field("budget", budget,
            {.help = "aware: a candidate is ranked by the best network that contains it and costs between "
                     "search.budget_min and search.budget_max; blind: by its own score, but candidates needed for a "
                     "network within budget_max are kept"});
    v.Field("least_networks", least_networks,
            {.help = "budget aware: minimum number of networks that cost between search.budget_min and "
                     "search.budget_max after every pruning",
             .unit = "networks",
             .min = 1,
             .max = kMostImages});
    v.Field("certain", certain,
            {.help = "number of standard errors by which the evidence must favour a cut; otherwise the cut is "
                     "put off and the candidate stays, even after the last pruning; 0: every cut is made",
             .min = 0,
             .max = 100});
  }
};

}  // namespace danas
