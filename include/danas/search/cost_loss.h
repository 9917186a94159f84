// How the expected cost C and its target T enter the loss of the architecture weights (Eq. 10).
//
//   paper_log            L * (1 + |ln(C/T)|)^γ          γ 0.3: Eq. 10 with β = T/e for C >= T, mirrored below
//   paper_log_one_sided  L * max(1 + ln(C/T), 0.05)^γ   γ 0.3: Eq. 10 with β = T/e, clamped
//   literal              L * max(ln(C/T), 0.05)^γ       γ 0.3: Eq. 10 with β = T, clamped; zero at T without it
//   mul_log_ratio        L * λ * (ln C / ln T)^γ        λ 0.2, γ 0.3: ProxylessNAS's code
//   fbnet                L * λ * ln(C)^γ                λ 0.2, γ 0.6: FBNet, Eq. 2
//   pow                  L * (C/T)^γ                    γ 0.07: MnasNet, Eq. 2, its exponent's sign turned for a loss
//   add_linear           L + λ (C - T) / T              λ 0.1
//   add_abs              L + λ |C/T - 1|                λ 0.1: TuNAS, Eq. 2
//   abs_log              L * (1 + λ ln(C/T)^2)          λ 0.3
//   none                 L
//
// γ is search.loss.KIND.exponent; λ is search.loss.KIND.factor where it multiplies L, else search.loss.KIND.weight.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "danas/config/search_config.h"
#include "danas/cost/cost_model.h"

namespace danas {

// C = fixed + sum over l, c of p_{l,c} * cost_{l,c}; where the greatest cost counts (CostFold::kMax) the exact mean of
// the greatest over independent layers (CostTable::Expected()), of which only candidates that may be the network's
// greatest have a gradient. In the unit of the table, as a double scalar with gradient.
at::Tensor ExpectedCost(const std::vector<at::Tensor>& probability_lc, const CostTable& costs);

// The loss above, a double scalar. `class_loss` and `expected_cost` are scalars with gradient; the factor is computed
// in double. Of the form L * f(C) + g(C), so that parts of a batch add up. At C = T the gradient of |.| is 0. Throws
// ConfigError where ln C or ln T is not positive for a loss that needs it.
at::Tensor CostAwareLoss(const at::Tensor& class_loss, const at::Tensor& expected_cost, double target,
                         const CostLossConfig& config);

// Before a search: throws ConfigError where the least cost of a network, or the target, has no positive logarithm and
// the loss needs one; warns of the literal form.
void CheckCostLoss(const CostLossConfig& config, double target, const CostTable& costs);

}  // namespace danas
