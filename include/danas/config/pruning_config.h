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
            {.help = "π: share of the current candidates dropped after each schedule step",
             .min = 0,
             .max = 0.99,
             .source = "paper"});
    v.Field("scope", scope, {.help = "layer: the share of each layer; global: of all layers together"});
    v.Field("granularity", granularity,
            {.help = "what is dropped as one: a (block, operator) pair, a block or an operator"});
    v.Field("rounding", rounding, {.help = "of the number to drop"});
    v.Field(
        "score", score,
        {.help = "what candidates are judged by. alpha: softmax(α); perturbation: how far the validation loss rises "
                 "where one is masked (Wang et al., ICLR 2021); paths: its part in the validation losses of sampled "
                 "networks, by least squares. The last two are in nats, on the images of search.scoring",
         .source = "paper"});
    v.Field("paths", paths,
            {.help = "score paths: sampled networks, from the whole space, or with budget aware from its band; more "
                     "than there are candidates, better three times as many",
             .unit = "networks",
             .min = 2,
             .max = 1e6});
    v.Field("effects", effects,
            {.help = "score paths: what the fit is made of. main: each candidate's effect; pairs: also what candidates "
                     "of neighbouring layers have together"});
    v.Field(
        "budget", budget,
        {.help = "aware: a candidate is as good as the best network with it that costs from search.budget_min to "
                 "search.budget_max; blind: as its own score, and the cheapest way to stay below budget_max is kept"});
    v.Field("least_networks", least_networks,
            {.help = "budget aware: no pruning leaves fewer networks from search.budget_min to search.budget_max",
             .unit = "networks",
             .min = 1,
             .max = kMostImages});
    v.Field("certain", certain,
            {.help = "a cut whose evidence is below this many standard errors, or speaks against it, is put off: the "
                     "candidate stays, after the last pruning too; 0: every cut is made",
             .min = 0,
             .max = 100});
  }
};

}  // namespace danas
