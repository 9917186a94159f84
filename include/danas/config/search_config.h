// Config section `search`: budget, training of weights and architecture weights, and the last choice.
#pragma once

#include <vector>

#include "danas/config/cost_loss_config.h"
#include "danas/config/describe.h"
#include "danas/config/final_config.h"
#include "danas/config/pruning_config.h"
#include "danas/config/relaxation_config.h"
#include "danas/config/scoring_config.h"

namespace danas {

enum class CostKind { kMacs, kParameters, kLatency };
template <>
struct EnumNames<CostKind> {
  static constexpr std::array kNames = {"macs", "parameters", "latency"};
};

enum class AlphaPass { kPerEpoch, kEveryK };
template <>
struct EnumNames<AlphaPass> {
  static constexpr std::array kNames = {"per_epoch", "every_k"};
};

// What a weight step computes.
enum class WeightPathKind { kGumbel, kUniform, kFair };
template <>
struct EnumNames<WeightPathKind> {
  static constexpr std::array kNames = {"gumbel", "uniform", "fair"};
};

// config/preset.h
enum class SearchPreset { kNone, kPaper, kRobust };
template <>
struct EnumNames<SearchPreset> {
  static constexpr std::array kNames = {"none", "paper", "robust"};
};

struct SearchConfig {
  SearchPreset preset = SearchPreset::kNone;
  Count budget{323e6};
  std::vector<Count> budgets;
  Count budget_max{0};
  Count budget_min{0};
  CostKind cost = CostKind::kMacs;
  std::string latency_table;
  CostLossConfig loss;
  RelaxationConfig relaxation;
  PruningConfig pruning;
  WeightPathKind paths = WeightPathKind::kGumbel;
  bool paths_band = true;
  AlphaPass alpha_pass = AlphaPass::kPerEpoch;
  int64_t alpha_every = 1;
  int64_t alpha_batch = 0;
  int64_t alpha_micro_batch = 0;
  double alpha_lr = 0.01;
  double alpha_beta1 = 0.5;
  double alpha_beta2 = 0.999;
  double alpha_weight_decay = 0;
  int64_t recalibration_images = 2048;
  ScoringConfig scoring;
  FinalChoiceKind final = FinalChoiceKind::kArgmax;
  int64_t final_networks = 1000;
  FinalSource final_source = FinalSource::kAuto;
  FinalEffects final_effects = FinalEffects::kNone;
  int64_t finalists = 0;
  int64_t finalist_images = 0;
  double finalist_lr = 0.01;
  int64_t finalist_scoring_images = 5000;
  EvolutionConfig evolution;

  void Describe(ConfigVisitor& v) {
    v.Field(
        "preset", preset,
        {.help = "values for what the config leaves out. paper: Algorithm 1 as printed; robust: single paths, pruning "
                 "that knows the budget, a last choice by a fit of scores; `danas config show` says which keys"});
    v.Field("budget", budget,
            {.help = "T: the cost the search aims at, in the unit of search.cost",
             .min = 0,
             .max = 1e18,
             .above_min = true,
             .source = "paper"});
    v.Field(
        "budgets", budgets,
        {.help = "several T in one search: one supernet, whose weight steps train what any of them still keeps, and "
                 "for each its own prunings and its own network; they take the place of budget, and each band is "
                 "[0.95 T, 1.02 T]",
         .min = 0,
         .max = 1e18,
         .above_min = true,
         .resume = OnResume::kFixed});
    v.Field("budget_max", budget_max, {.help = "no found network costs more; 0: 1.02 T", .min = 0, .max = 1e18});
    v.Field("budget_min", budget_min,
            {.help = "the band of costs [budget_min, budget_max]: its lower end; 0: 0.95 T", .min = 0, .max = 1e18});
    v.Field("cost", cost, {.help = "macs: multiply-accumulates; parameters; latency: milliseconds by a table"});
    v.Field("latency_table", latency_table,
            {.help = "cost latency: a table in the ProxylessNAS / Once-for-All layout (YAML)"});
    v.Nested("loss", loss, "how the cost enters the loss of the architecture weights");
    v.Nested("relaxation", relaxation, "Gumbel-Softmax over the candidates (Eq. 6-8)");
    v.Nested("pruning", pruning, "Algorithm 1's pruning of candidates");
    v.Field(
        "paths", paths,
        {.help = "what a weight step computes: gumbel: the relaxation's draw (all candidates, or with "
                 "relaxation.hard its path); uniform: one path, every network alike; fair: as many paths as a layer "
                 "has candidates, in which each appears as often as the others (FairNAS), gradients summed",
         .resume = OnResume::kFixed});
    v.Field("paths_band", paths_band,
            {.help = "uniform and fair: paths cost between budget_min and budget_max; off: any network"});
    v.Field("alpha_pass", alpha_pass,
            {.help = "per_epoch: a pass over validation after each pass over train; every_k: an α step after every "
                     "alpha_every weight steps"});
    v.Field("alpha_every", alpha_every,
            {.help = "every_k: weight steps for each α step", .unit = "steps", .min = 1, .max = kMostImages});
    v.Field("alpha_batch", alpha_batch,
            {.help = "validation images in an α step, over all processes; 0: train.batch",
             .unit = "images",
             .min = 0,
             .max = kMostInABatch});
    v.Field("alpha_micro_batch", alpha_micro_batch,
            {.help = "images in one forward pass of an α step; 0: train.micro_batch",
             .unit = "images",
             .min = 0,
             .max = kMostInABatch});
    v.Field("alpha_lr", alpha_lr, {.help = "Adam's learning rate for α", .min = 0, .max = 10, .above_min = true});
    v.Field("alpha_beta1", alpha_beta1, {.help = "Adam's β1 for α", .min = 0, .max = 0.9999});
    v.Field("alpha_beta2", alpha_beta2, {.help = "Adam's β2 for α", .min = 0, .max = 0.9999999});
    v.Field("alpha_weight_decay", alpha_weight_decay, {.help = "weight decay of α", .min = 0, .max = 1});
    v.Field("recalibration_images", recalibration_images,
            {.help = "training images for batch-norm statistics before a sub-network is evaluated",
             .unit = "images",
             .min = 2,
             .max = kMostImages});
    v.Nested("scoring", scoring, "how sub-networks are scored with the supernet's weights");
    v.Field("final", final,
            {.help = "argmax: of α in every layer, within the budget; scored: the best network of the band "
                     "[budget_min, budget_max] by validation losses in the supernet; sampled: drawn from softmax(α) "
                     "within budget_max",
             .source = "paper"});
    v.Field("final_networks", final_networks,
            {.help = "scored: the whole band where it holds no more networks than these, else as many of it",
             .unit = "networks",
             .min = 1,
             .max = 1e6});
    v.Field("final_source", final_source,
            {.help = "scored, where the band holds more: best: the highest sums of ln softmax(α); evolution: "
                     "search.evolution decides how many; auto: best where α was trained, else evolution"});
    v.Field(
        "final_effects", final_effects,
        {.help = "scored: what scored networks are ranked by. none: their losses; main: the sums of their "
                 "candidates' effects, fitted to all their losses, which takes off what a supernet's weights happen "
                 "to give one network; pairs: also what candidates of neighbouring layers have together"});
    v.Field(
        "finalists", finalists,
        {.help = "scored: the best so many are scored again on more images, and trained on where finalist_images "
                 "says so; the lowest loss then is the result; 1: the first ranking decides; 0: 1 where a fit ranks "
                 "them (final_effects), else 8",
         .unit = "networks",
         .min = 0,
         .max = 1000});
    v.Field("finalist_images", finalist_images,
            {.help = "scored: training images that each finalist is trained on from the supernet's weights; 0: none",
             .unit = "images",
             .min = 0,
             .max = kMostImages});
    v.Field("finalist_lr", finalist_lr,
            {.help = "learning rate of that training, to zero along a cosine", .min = 0, .max = 10, .above_min = true});
    v.Field("finalist_scoring_images", finalist_scoring_images,
            {.help = "validation images that finalists are scored on; all where there are fewer",
             .unit = "images",
             .min = 1,
             .max = kMostImages});
    v.Nested("evolution", evolution, "evolutionary search over the band's networks (SPOS, section 3.4)");
  }
};

}  // namespace danas
