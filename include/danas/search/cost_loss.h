// How the expected cost C and its target T enter the loss of the architecture weights (Eq. 10).
//
//   paper_log            L * (1 + |ln(C/T)|)^γ         Eq. 10 with β = T/e for C >= T, mirrored below
//   paper_log_one_sided  L * max(1 + ln(C/T), 0.05)^γ
//   literal              L * max(ln(C/β), 0.05)^γ, β = T    as printed; warns
//   mul_log_ratio        L * λ * (ln C / ln T)^γ       ProxylessNAS (λ 0.2, γ 0.3)
//   fbnet                L * λ * ln(C)^γ               FBNet (λ 0.2, γ 0.6)
//   pow                  L * (C/T)^γ                   MnasNet (γ 0.07)
//   add_linear           L + λ (C - T) / T             (λ 0.1)
//   add_abs              L + λ |C/T - 1|               TuNAS (λ 0.1)
//   abs_log              L * (1 + λ ln(C/T)^2)         (λ 0.3)
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "danas/config/search_config.h"
#include "danas/cost/cost_model.h"

namespace danas {

// C = fixed + sum over l, c of p_{l,c} * cost_{l,c}; in the unit of the table, as a double scalar with gradient.
at::Tensor ExpectedCost(const std::vector<at::Tensor>& probability_lc, const CostTable& costs);

// The loss above, a scalar. `class_loss` and `expected_cost` are scalars with gradient. Throws ConfigError where ln C or
// ln T is not positive for a loss that needs it.
at::Tensor CostAwareLoss(const at::Tensor& class_loss, const at::Tensor& expected_cost, double target,
                         const CostLossConfig& config);

}  // namespace danas
