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

inline constexpr double kMostLossExponent = 10;
inline constexpr double kMostLossWeight = 1000;

// γ of one kind of loss.
struct LossExponent {
  double exponent = 0;

  void Describe(ConfigVisitor& v) { v.Field("exponent", exponent, {.help = "γ", .min = 0, .max = kMostLossExponent}); }
};

// λ of one.
struct LossWeight {
  double weight = 0;

  void Describe(ConfigVisitor& v) { v.Field("weight", weight, {.help = "λ", .min = 0, .max = kMostLossWeight}); }
};

struct LossFactorAndExponent {
  double factor = 0;
  double exponent = 0;

  void Describe(ConfigVisitor& v) {
    v.Field("factor", factor, {.help = "λ", .min = 0, .max = kMostLossWeight});
    v.Field("exponent", exponent, {.help = "γ", .min = 0, .max = kMostLossExponent});
  }
};

// Each kind has its numbers in a section of its name; src/config/loss_parameters.cpp lists them.
struct CostLossConfig {
  LossKind kind = LossKind::kPaperLog;
  LossExponent paper_log{.exponent = 0.3};
  LossExponent paper_log_one_sided{.exponent = 0.3};
  LossExponent literal{.exponent = 0.3};
  LossFactorAndExponent mul_log_ratio{.factor = 0.2, .exponent = 0.3};
  LossFactorAndExponent fbnet{.factor = 0.2, .exponent = 0.6};
  LossExponent pow{.exponent = 0.07};
  LossWeight add_linear{.weight = 0.1};
  LossWeight add_abs{.weight = 0.1};
  LossWeight abs_log{.weight = 0.3};

  void Describe(ConfigVisitor& v) {
    v.Field("kind", kind,
            {.help = "how the expected cost C, with its target T, enters the loss L of α; each kind has its numbers in "
                     "a section of its name, and those of the other kinds are not to be set"});
    v.Nested("paper_log", paper_log, "L (1 + |ln(C/T)|)^γ: Eq. 10 with β = T/e for C >= T, mirrored below");
    v.Nested("paper_log_one_sided", paper_log_one_sided, "L max(1 + ln(C/T), 0.05)^γ: Eq. 10 with β = T/e, clamped");
    v.Nested("literal", literal, "L max(ln(C/T), 0.05)^γ: Eq. 10 with β = T, clamped");
    v.Nested("mul_log_ratio", mul_log_ratio, "L λ (ln C / ln T)^γ: ProxylessNAS's code");
    v.Nested("fbnet", fbnet, "L λ ln(C)^γ: FBNet, Eq. 2, where λ is α and γ is β");
    v.Nested("pow", pow, "L (C/T)^γ: MnasNet, Eq. 2, where γ is -w");
    v.Nested("add_linear", add_linear, "L + λ (C - T) / T");
    v.Nested("add_abs", add_abs, "L + λ |C/T - 1|: TuNAS, Eq. 2");
    v.Nested("abs_log", abs_log, "L (1 + λ ln(C/T)^2)");
  }
};

}  // namespace danas
