// Config section `search`: relaxation (Eq. 6-8), objective (Eq. 10), pruning and the budget.
#pragma once

#include "danas/config/describe.h"

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

struct RelaxationConfig {
  double temperature = 1.0;
  bool hard = false;
  HardAlpha hard_alpha = HardAlpha::kAll;
  ExpectedCostOf expected_cost = ExpectedCostOf::kSampled;

  void Describe(ConfigVisitor& v) {
    v.Field("temperature", temperature,
            {.help = "τ of the Gumbel-Softmax, fixed through the search", .min = 0, .max = 1000, .above_min = true});
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
  }
};

struct SearchConfig {
  Count budget{323e6};
  Count budget_max{0};
  Count budget_min{0};
  CostKind cost = CostKind::kMacs;
  std::string latency_table;
  CostLossConfig loss;
  RelaxationConfig relaxation;
  PruningConfig pruning;
  AlphaPass alpha_pass = AlphaPass::kPerEpoch;
  int64_t alpha_every = 1;
  double alpha_lr = 0.01;
  double alpha_beta1 = 0.5;
  double alpha_beta2 = 0.999;
  double alpha_weight_decay = 0;
  int64_t recalibration_images = 2048;

  void Describe(ConfigVisitor& v) {
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
    v.Field("alpha_pass", alpha_pass,
            {.help = "per_epoch: a pass over validation after each pass over train; every_k: an α step after every "
                     "alpha_every weight steps"});
    v.Field("alpha_every", alpha_every,
            {.help = "every_k: weight steps for each α step", .unit = "steps", .min = 1, .max = kMostImages});
    v.Field("alpha_lr", alpha_lr, {.help = "Adam's learning rate for α", .min = 0, .max = 10, .above_min = true});
    v.Field("alpha_beta1", alpha_beta1, {.help = "Adam's β1 for α", .min = 0, .max = 0.9999});
    v.Field("alpha_beta2", alpha_beta2, {.help = "Adam's β2 for α", .min = 0, .max = 0.9999999});
    v.Field("alpha_weight_decay", alpha_weight_decay, {.help = "weight decay of α", .min = 0, .max = 1});
    v.Field("recalibration_images", recalibration_images,
            {.help = "training images for batch-norm statistics before a sub-network is evaluated",
             .unit = "images",
             .min = 2,
             .max = kMostImages});
  }
};

}  // namespace danas
