// Config section `search`: budget, training of weights and architecture weights, and the final choice.
#pragma once

#include <vector>

#include "danas/config/cost_loss_config.h"
#include "danas/config/describe.h"
#include "danas/config/final_config.h"
#include "danas/config/pruning_config.h"
#include "danas/config/relaxation_config.h"
#include "danas/config/scoring_config.h"

namespace danas {

enum class CostKind { kMacs, kParameters, kLatency, kMemory };
template <>
struct EnumNames<CostKind> {
  static constexpr std::array kNames = {"macs", "parameters", "latency", "memory"};
};

enum class AlphaPass { kPerEpoch, kEveryK };
template <>
struct EnumNames<AlphaPass> {
  static constexpr std::array kNames = {"per_epoch", "every_k"};
};

// What a weight step computes (search/paths).
enum class WeightPathKind { kGumbel, kUniform, kFair, kSoftmax, kBinned, kBinarised };
template <>
struct EnumNames<WeightPathKind> {
  static constexpr std::array kNames = {"gumbel", "uniform", "fair", "softmax", "binned", "binarised"};
};

// How architecture weights learn (search/learners).
enum class LearnerKind { kGumbel, kSoftmax, kProxyless, kNone };
template <>
struct EnumNames<LearnerKind> {
  static constexpr std::array kNames = {"gumbel", "softmax", "proxyless", "none"};
};

// How many candidates of a layer an α step of ProxylessNAS computes.
enum class ProxylessGates { kFull, kTwo };
template <>
struct EnumNames<ProxylessGates> {
  static constexpr std::array kNames = {"full", "two"};
};

// Named combinations of paths, learner and choice (config/preset.h).
enum class SearchStrategy { kDanas, kSpos, kProxylessG, kDarts, kFbnet, kSnas, kRandom };
template <>
struct EnumNames<SearchStrategy> {
  static constexpr std::array kNames = {"danas", "spos", "proxyless_g", "darts", "fbnet", "snas", "random"};
};

// config/preset.h
enum class SearchPreset { kNone, kPaper, kRobust };
template <>
struct EnumNames<SearchPreset> {
  static constexpr std::array kNames = {"none", "paper", "robust"};
};

// search.latency_table where the search measures it.
inline constexpr const char* kMeasureLatency = "measure";

struct SearchConfig {
  SearchPreset preset = SearchPreset::kNone;
  SearchStrategy strategy = SearchStrategy::kDanas;
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
  LearnerKind learner = LearnerKind::kGumbel;
  ProxylessGates proxyless_gates = ProxylessGates::kTwo;
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
        {.help = "values of keys that the config leaves out. paper: Algorithm 1 as published; robust: single paths, "
                 "budget-aware pruning and a final choice by fitted scores; `danas config show` prints the keys"});
    v.Field("strategy", strategy,
            {.help = "values of keys that the config leaves out, above those of the preset: paths, learner and choice "
                     "of a published method (docs/strategies.md). danas: none of them; spos: single paths and "
                     "evolution; proxyless_g: ProxylessNAS by gradient; darts: softmax, first order; fbnet and snas: "
                     "annealed Gumbel-Softmax; random: the best of random networks by score; `danas config show` "
                     "prints the keys"});
    v.Field("budget", budget,
            {.help = "T: target cost of the search, in the unit of search.cost",
             .min = 0,
             .max = 1e18,
             .above_min = true,
             .source = "paper"});
    v.Field("budgets", budgets,
            {.help = "several target costs T in one search. They share one supernet, whose weight steps train every "
                     "candidate that any of them still keeps; each has its own prunings and its own network. Replaces "
                     "budget; the band of each is [0.95 T, 1.02 T]",
             .min = 0,
             .max = 1e18,
             .above_min = true,
             .resume = OnResume::kFixed});
    v.Field("budget_max", budget_max,
            {.help = "maximum cost of a found network; 0 means 1.02 T", .min = 0, .max = 1e18});
    v.Field("budget_min", budget_min,
            {.help = "lower end of the cost band [budget_min, budget_max]; 0: 0.95 T", .min = 0, .max = 1e18});
    v.Field("cost", cost,
            {.help = "macs: multiply-accumulate operations; parameters: number of parameters; latency: milliseconds, "
                     "from latency_table; memory: peak activation bytes of the network for one image, float32"});
    v.Field(
        "latency_table", latency_table,
        {.help =
             "cost latency: latency table in the ProxylessNAS / Once-for-All layout (YAML), such as `danas latency` "
             "writes; measure: measured on the run's device, one image at a time, when the search begins"});
    v.Nested("loss", loss, "how the cost enters the loss of the architecture weights");
    v.Nested("relaxation", relaxation, "Gumbel-Softmax over the candidates (Eq. 6-8)");
    v.Nested("pruning", pruning, "Algorithm 1's pruning of candidates");
    v.Field("paths", paths,
            {.help = "what a weight step computes. gumbel: the relaxation's draw (all candidates, or one path with "
                     "relaxation.hard); uniform: one path, all networks equally likely; fair: as many paths as a layer "
                     "has candidates, each candidate appearing equally often (FairNAS), with gradients summed; "
                     "softmax: all candidates, weighted by softmax(α / τ) (DARTS); binned: one path, drawn from one "
                     "of seven equal ranges of costs, each equally likely, as in SPOS's public code (290 to 360 "
                     "MFLOPs in steps of 10); binarised: one path, each candidate as likely as in softmax(α) "
                     "(ProxylessNAS)",
             .resume = OnResume::kFixed});
    v.Field(
        "paths_band", paths_band,
        {.help = "uniform, fair and binned: only paths that cost between budget_min and budget_max; false: any path"});
    v.Field("learner", learner,
            {.help = "how the architecture weights α learn. gumbel: gradient through the Gumbel-Softmax draw (Eq. 10); "
                     "softmax: through softmax(α / τ) over all candidates (DARTS, first order); proxyless: the "
                     "gradient of ProxylessNAS through a binary gate; none: not at all",
             .resume = OnResume::kFixed});
    v.Field("proxyless_gates", proxyless_gates,
            {.help = "learner proxyless: candidates per layer that an α step computes. full: all; two: two, drawn by "
                     "softmax(α), and the probabilities of the others stay as they are",
             .source = "ProxylessNAS"});
    v.Field("alpha_pass", alpha_pass,
            {.help = "per_epoch: a pass over the validation images after each pass over the training images; every_k: "
                     "an α step after every alpha_every weight steps"});
    v.Field("alpha_every", alpha_every,
            {.help = "every_k: weight steps per α step", .unit = "steps", .min = 1, .max = kMostImages});
    v.Field("alpha_batch", alpha_batch,
            {.help = "validation images per α step, over all processes; 0: train.batch",
             .unit = "images",
             .min = 0,
             .max = kMostInABatch});
    v.Field("alpha_micro_batch", alpha_micro_batch,
            {.help = "images per forward pass of an α step; 0: train.micro_batch",
             .unit = "images",
             .min = 0,
             .max = kMostInABatch});
    v.Field("alpha_lr", alpha_lr, {.help = "Adam's learning rate for α", .min = 0, .max = 10, .above_min = true});
    v.Field("alpha_beta1", alpha_beta1, {.help = "Adam's β1 for α", .min = 0, .max = 0.9999});
    v.Field("alpha_beta2", alpha_beta2, {.help = "Adam's β2 for α", .min = 0, .max = 0.9999999});
    v.Field("alpha_weight_decay", alpha_weight_decay, {.help = "weight decay of α", .min = 0, .max = 1});
    v.Field("recalibration_images", recalibration_images,
            {.help = "training images for estimating batch-norm statistics before a sub-network is evaluated",
             .unit = "images",
             .min = 2,
             .max = kMostImages});
    v.Nested("scoring", scoring, "how sub-networks are scored with the supernet's weights");
    v.Field("final", final,
            {.help = "how the network is chosen. argmax: the argmax of α in every layer, within the budget; scored: "
                     "the best network in the band [budget_min, budget_max] by validation loss in the supernet; "
                     "sampled: drawn from softmax(α) within budget_max",
             .source = "paper"});
    v.Field("final_networks", final_networks,
            {.help = "scored: number of networks to score; the whole band if it contains no more",
             .unit = "networks",
             .min = 1,
             .max = 1e6});
    v.Field(
        "final_source", final_source,
        {.help =
             "scored, if the band holds more than final_networks. best: those with the highest sums of ln softmax(α); "
             "evolution: as many as search.evolution says; random: drawn uniformly from the band, no two alike; auto: "
             "best if α was trained, else evolution"});
    v.Field("final_effects", final_effects,
            {.help = "scored: what scored networks are ranked by. none: their losses; main: the sums of their "
                     "candidates' effects, fitted to all losses, which averages out the noise that shared weights add "
                     "to a single network's loss; pairs: also interactions of candidates in neighbouring layers"});
    v.Field("finalists", finalists,
            {.help = "scored: number of best networks that are scored again on more images, after further training if "
                     "finalist_images is set; the one with the lowest loss is the result; 1: the first ranking "
                     "decides; 0: 1 with a fit (final_effects), else 8",
             .unit = "networks",
             .min = 0,
             .max = 1000});
    v.Field("finalist_images", finalist_images,
            {.help = "scored: training images on which each finalist is trained further, starting from the supernet's "
                     "weights; 0: no further training",
             .unit = "images",
             .min = 0,
             .max = kMostImages});
    v.Field(
        "finalist_lr", finalist_lr,
        {.help = "learning rate of that training, with cosine decay to zero", .min = 0, .max = 10, .above_min = true});
    v.Field("finalist_scoring_images", finalist_scoring_images,
            {.help = "validation images on which finalists are scored; all if there are fewer",
             .unit = "images",
             .min = 1,
             .max = kMostImages});
    v.Nested("evolution", evolution, "evolutionary search over the band's networks (SPOS, section 3.4)");
  }
};

}  // namespace danas
