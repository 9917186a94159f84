// Config of the final choice of section `search`: how the network is chosen, and the evolution that may look for it.
#pragma once

#include "danas/config/describe.h"

namespace danas {

// How the network that a search ends with is chosen.
enum class FinalChoiceKind { kArgmax, kScored, kSampled };
template <>
struct EnumNames<FinalChoiceKind> {
  static constexpr std::array kNames = {"argmax", "scored", "sampled"};
};

// Which networks the final choice scores where the band holds more than final_networks.
enum class FinalSource { kAuto, kBest, kEvolution, kRandom };
template <>
struct EnumNames<FinalSource> {
  static constexpr std::array kNames = {"auto", "best", "evolution", "random"};
};

// What the final choice ranks scored networks by: none: their own losses; main, pairs: a fit of them, as PathEffects.
enum class FinalEffects { kNone, kMain, kPairs };
template <>
struct EnumNames<FinalEffects> {
  static constexpr std::array kNames = {"none", "main", "pairs"};
};
inline constexpr int64_t kMostNetworksWithPairs = 4000;  // the fit's time grows with their third power

// Evolution over the networks of the band; defaults are SPOS's.
struct EvolutionConfig {
  int64_t generations = 20;
  int64_t population = 50;
  int64_t parents = 10;
  int64_t mutants = 25;
  int64_t crossovers = 25;
  double mutation_probability = 0.1;

  void Describe(ConfigVisitor& v) {
    v.Field("generations", generations, {.help = "number of generations", .min = 1, .max = 100000, .source = "SPOS"});
    v.Field("population", population,
            {.help = "networks scored per generation; places not filled by mutants and crossovers are filled at random",
             .unit = "networks",
             .min = 1,
             .max = 1e6,
             .source = "SPOS"});
    v.Field("parents", parents,
            {.help = "number of best networks so far from which mutants and crossovers are made",
             .unit = "networks",
             .min = 1,
             .max = 1e6,
             .source = "SPOS"});
    v.Field("mutants", mutants,
            {.help = "new networks per generation made by mutation",
             .unit = "networks",
             .min = 0,
             .max = 1e6,
             .source = "SPOS"});
    v.Field("crossovers", crossovers,
            {.help = "new networks per generation made by crossover: each layer is taken from one of two parents",
             .unit = "networks",
             .min = 0,
             .max = 1e6,
             .source = "SPOS"});
    v.Field("mutation_probability", mutation_probability,
            {.help = "probability that a layer of a mutant takes a random candidate",
             .min = 0,
             .max = 1,
             .source = "SPOS"});
  }
};

}  // namespace danas
