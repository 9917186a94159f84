// Config section `search`: relaxation (Eq. 6-8), objective (Eq. 10), pruning and the budget.
#pragma once

#include "danas/config/describe.h"
#include "danas/config/final_config.h"

namespace danas {

enum class CostKind { kMacs, kParameters, kLatency };
template <>
struct EnumNames<CostKind> {
  static constexpr std::array kNames = {"macs", "parameters", "latency"};
};

// How the cost enters the architecture weights' loss; formulas in search/cost_loss.h.
enum class LossKind {
  kPaperLog,
  kPaperLogOneSided,
  kLiteral,
  kMulLogRatio,
  kFbnet,
  kPow,
  kAddLinear,
  kAddAbs,
  kAbsLog,
  kNone
};
template <>
struct EnumNames<LossKind> {
  static constexpr std::array kNames = {"paper_log", "paper_log_one_sided", "literal", "mul_log_ratio", "fbnet",
                                        "pow",       "add_linear",          "add_abs", "abs_log",       "none"};
};

enum class AlphaPass { kPerEpoch, kEveryK };
template <>
struct EnumNames<AlphaPass> {
  static constexpr std::array kNames = {"per_epoch", "every_k"};
};

enum class HardAlpha { kAll, kOne };
template <>
struct EnumNames<HardAlpha> {
  static constexpr std::array kNames = {"all", "one"};
};

// How often the architecture pass draws.
enum class RelaxationDraws { kBatch, kMicroBatch };
template <>
struct EnumNames<RelaxationDraws> {
  static constexpr std::array kNames = {"batch", "micro_batch"};
};

// What a weight step computes.
enum class WeightPathKind { kGumbel, kUniform, kFair };
template <>
struct EnumNames<WeightPathKind> {
  static constexpr std::array kNames = {"gumbel", "uniform", "fair"};
};

enum class ExpectedCostOf { kSampled, kSoftmax };
template <>
struct EnumNames<ExpectedCostOf> {
  static constexpr std::array kNames = {"sampled", "softmax"};
};

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

struct RelaxationConfig {
  double temperature = 1.0;
  double temperature_end = 0;
  RelaxationDraws draws = RelaxationDraws::kBatch;
  bool hard = false;
  HardAlpha hard_alpha = HardAlpha::kAll;
  ExpectedCostOf expected_cost = ExpectedCostOf::kSampled;

  void Describe(ConfigVisitor& v) {
    v.Field("temperature", temperature,
            {.help = "τ of the Gumbel-Softmax; fixed through the search unless temperature_end is set",
             .min = 0,
             .max = 1000,
             .above_min = true});
    v.Field(
        "temperature_end", temperature_end,
        {.help = "τ of the last searching epoch: from temperature there in equal ratios, epoch by epoch; 0: τ stays",
         .min = 0,
         .max = 1000});
    v.Field("draws", draws,
            {.help = "architecture pass: one draw for each batch, or its own for each micro-batch, whose gradients are "
                     "averaged"});
    v.Field("hard", hard, {.help = "forward uses the one-hot of the Gumbel draw; off: all candidates, weighted"});
    v.Field(
        "hard_alpha", hard_alpha,
        {.help =
             "hard, architecture pass: all candidates (exact straight-through) or the drawn one (as GDAS; biased)"});
    v.Field("expected_cost", expected_cost,
            {.help = "expected cost from the sampled probabilities or from softmax(α)"});
  }
};

struct CostLossConfig {
  LossKind kind = LossKind::kPaperLog;
  double exponent = -1;
  double weight = -1;

  void Describe(ConfigVisitor& v) {
    v.Field("kind", kind, {.help = "how the expected cost enters the loss of α"});
    v.Field("exponent", exponent,
            {.help = "γ of paper_log, paper_log_one_sided, literal and mul_log_ratio, β of fbnet, w of pow; -1: the "
                     "kind's own, 0.3, but fbnet 0.6, pow 0.07",
             .min = -1,
             .max = 10});
    v.Field("weight", weight,
            {.help = "λ of add_linear, add_abs and abs_log, α of fbnet, the factor of mul_log_ratio; -1: the kind's "
                     "own, 0.1, but abs_log 0.3, fbnet and mul_log_ratio 0.2",
             .min = -1,
             .max = 1000});
  }
};

struct PruningConfig {
  double ratio = 0.4;
  PruningScope scope = PruningScope::kLayer;
  PruningGranularity granularity = PruningGranularity::kPair;
  PruningRounding rounding = PruningRounding::kHalfUp;
  PruningScore score = PruningScore::kAlpha;
  int64_t paths = 300;
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
    v.Field("score", score,
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

enum class ScoreStatistics { kBatch, kRecalibrated };
template <>
struct EnumNames<ScoreStatistics> {
  static constexpr std::array kNames = {"batch", "recalibrated"};
};

struct ScoringConfig {
  ScoreStatistics statistics = ScoreStatistics::kBatch;
  int64_t images = 1000;
  int64_t batch = 250;

  void Describe(ConfigVisitor& v) {
    v.Field("statistics", statistics,
            {.help = "what normalises a scored sub-network: each batch's own mean and variance, or running ones taken "
                     "for it from search.recalibration_images training images"});
    v.Field("images", images,
            {.help = "validation images that sub-networks are scored on, as many of each class as can be; all if there "
                     "are fewer",
             .unit = "images",
             .min = 2,
             .max = kMostImages});
    v.Field("batch", batch,
            {.help = "largest batch of a scored sub-network; part of what a score means with the batch's statistics",
             .unit = "images",
             .min = 2,
             .max = kMostImages});
  }
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
  int64_t finalists = 8;
  int64_t finalist_images = 0;
  double finalist_lr = 0.01;
  int64_t finalist_scoring_images = 5000;
  EvolutionConfig evolution;

  void Describe(ConfigVisitor& v) {
    v.Field(
        "preset", preset,
        {.help = "values for what the config leaves out. paper: Algorithm 1 as printed; robust: single paths, pruning "
                 "that knows the budget, a last choice by scores; `danas config show` says which keys"});
    v.Field("budget", budget,
            {.help = "T: the cost the search aims at, in the unit of search.cost",
             .min = 0,
             .max = 1e18,
             .above_min = true,
             .source = "paper"});
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
                 "has candidates, in which each appears as often as the others (FairNAS), gradients summed"});
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
            {.help = "argmax: of α in every layer, within the budget; scored: the network of the band [budget_min, "
                     "budget_max] with the lowest validation loss",
             .source = "paper"});
    v.Field("final_networks", final_networks,
            {.help = "scored: the whole band where it holds no more networks than these, else as many of it",
             .unit = "networks",
             .min = 1,
             .max = 1e6});
    v.Field("final_source", final_source,
            {.help = "scored, where the band holds more: best: the highest sums of ln softmax(α); evolution: "
                     "search.evolution decides how many; auto: best where α was trained, else evolution"});
    v.Field("finalists", finalists,
            {.help = "scored: the best so many are scored again on more images, and trained on where finalist_images "
                     "says so; 1: the first score decides",
             .unit = "networks",
             .min = 1,
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
