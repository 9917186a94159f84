#include "loss_parameters.h"

#include <array>

namespace danas {
namespace {

template <auto kSection, auto kNumber>
double& In(CostLossConfig& loss) {
  return loss.*kSection.*kNumber;
}

constexpr std::array kParameters = {
    LossParameter{LossKind::kPaperLog, "exponent", "exponent", In<&CostLossConfig::paper_log, &LossExponent::exponent>},
    LossParameter{LossKind::kPaperLogOneSided, "exponent", "exponent",
                  In<&CostLossConfig::paper_log_one_sided, &LossExponent::exponent>},
    LossParameter{LossKind::kLiteral, "exponent", "exponent", In<&CostLossConfig::literal, &LossExponent::exponent>},
    LossParameter{LossKind::kMulLogRatio, "factor", "weight",
                  In<&CostLossConfig::mul_log_ratio, &LossFactorAndExponent::factor>},
    LossParameter{LossKind::kMulLogRatio, "exponent", "exponent",
                  In<&CostLossConfig::mul_log_ratio, &LossFactorAndExponent::exponent>},
    LossParameter{LossKind::kFbnet, "factor", "weight", In<&CostLossConfig::fbnet, &LossFactorAndExponent::factor>},
    LossParameter{LossKind::kFbnet, "exponent", "exponent",
                  In<&CostLossConfig::fbnet, &LossFactorAndExponent::exponent>},
    LossParameter{LossKind::kPow, "exponent", "exponent", In<&CostLossConfig::pow, &LossExponent::exponent>},
    LossParameter{LossKind::kAddLinear, "weight", "weight", In<&CostLossConfig::add_linear, &LossWeight::weight>},
    LossParameter{LossKind::kAddAbs, "weight", "weight", In<&CostLossConfig::add_abs, &LossWeight::weight>},
    LossParameter{LossKind::kAbsLog, "weight", "weight", In<&CostLossConfig::abs_log, &LossWeight::weight>},
};

}  // namespace

std::span<const LossParameter> LossParameters() { return kParameters; }

}  // namespace danas
