// Config section `search.loss`: the objective of the architecture weights (Eq. 10).
#pragma once

#include "danas/config/describe.h"

namespace danas {

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

}  // namespace danas
