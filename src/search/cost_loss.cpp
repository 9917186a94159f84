#include "danas/search/cost_loss.h"

#include <ATen/ATen.h>

#include <cmath>

#include "danas/core/error.h"
#include "danas/core/log.h"
#include "danas/core/units.h"

namespace danas {
namespace {

constexpr double kLeastBase = 0.05;  // keeps base^γ and its slope finite

bool NeedsLogarithmOfCost(LossKind kind) { return kind == LossKind::kMulLogRatio || kind == LossKind::kFbnet; }

void CheckLogarithm(LossKind kind, const char* what, double value) {
  if (value > 1) return;
  throw ConfigError(std::string("search.loss.kind ") + NameOf(kind) + " takes the logarithm of the " + what +
                    ", which is " + FormatDecimals(value, 4) +
                    "; it must be above 1. Use paper_log, or a cost in a smaller unit");
}

// The sum over levels t of t (F(t) - F(t-)), where F(t) is the product over layers of what their candidates up to t
// have in sum. Sums and products of probabilities alone, so that nothing cancels but F's steps, and exact at one-hot.
at::Tensor ExpectedGreatest(const std::vector<at::Tensor>& probability_lc, const CostTable& costs) {
  const at::Tensor level_t = at::tensor(costs.Levels(), at::kDouble);
  std::vector<at::Tensor> up_to_lt;
  for (size_t l = 0; l < probability_lc.size(); ++l) {
    const at::Tensor cost_c = at::tensor(costs.candidates_lc.at(l), at::kDouble);
    const at::Tensor counts_tc = (cost_c.unsqueeze(0) <= level_t.unsqueeze(1)).to(at::kDouble);
    up_to_lt.push_back(counts_tc.mv(probability_lc[l].to(at::kDouble)));
  }
  const at::Tensor up_to_t = at::stack(up_to_lt).prod(0);
  const at::Tensor below_t = at::cat({at::zeros({1}, at::kDouble), up_to_t.slice(0, 0, -1)});
  return (up_to_t - below_t).dot(level_t);
}

}  // namespace

at::Tensor ExpectedCost(const std::vector<at::Tensor>& probability_lc, const CostTable& costs) {
  if (costs.fold == CostFold::kMax) return ExpectedGreatest(probability_lc, costs);
  at::Tensor total = at::scalar_tensor(costs.fixed, at::kDouble);
  for (size_t l = 0; l < probability_lc.size(); ++l) {
    const at::Tensor cost_c = at::tensor(costs.candidates_lc.at(l), at::kDouble);
    total = total + probability_lc[l].to(at::kDouble).dot(cost_c);
  }
  return total;
}

at::Tensor CostAwareLoss(const at::Tensor& class_loss, const at::Tensor& expected_cost, double target,
                         const CostLossConfig& config) {
  const LossKind kind = config.kind;
  const at::Tensor loss = class_loss.to(at::kDouble);
  const at::Tensor cost = expected_cost.to(at::kDouble);
  if (NeedsLogarithmOfCost(kind)) CheckLogarithm(kind, "expected cost", cost.item<double>());
  if (kind == LossKind::kMulLogRatio) CheckLogarithm(kind, "target search.budget", target);
  const auto log_ratio = [&] { return (cost / target).log(); };
  switch (kind) {
    case LossKind::kPaperLog:
      return loss * (1 + log_ratio().abs()).pow(config.paper_log.exponent);
    case LossKind::kPaperLogOneSided:
      return loss * (1 + log_ratio()).clamp_min(kLeastBase).pow(config.paper_log_one_sided.exponent);
    case LossKind::kLiteral:
      return loss * log_ratio().clamp_min(kLeastBase).pow(config.literal.exponent);
    case LossKind::kMulLogRatio:
      return loss * config.mul_log_ratio.factor * (cost.log() / std::log(target)).pow(config.mul_log_ratio.exponent);
    case LossKind::kFbnet:
      return loss * config.fbnet.factor * cost.log().pow(config.fbnet.exponent);
    case LossKind::kPow:
      return loss * (cost / target).pow(config.pow.exponent);
    case LossKind::kAddLinear:
      return loss + config.add_linear.weight * (cost - target) / target;
    case LossKind::kAddAbs:
      return loss + config.add_abs.weight * (cost / target - 1).abs();
    case LossKind::kAbsLog:
      return loss * (1 + config.abs_log.weight * log_ratio().square());
    case LossKind::kNone:
      return loss;
  }
  throw std::invalid_argument("unknown loss kind");
}

void CheckCostLoss(const CostLossConfig& config, double target, const CostTable& costs) {
  if (NeedsLogarithmOfCost(config.kind)) CheckLogarithm(config.kind, "cheapest network's cost", costs.Least());
  if (config.kind == LossKind::kMulLogRatio) CheckLogarithm(config.kind, "target search.budget", target);
  if (config.kind == LossKind::kLiteral) {
    log::warn(
        "search.loss.kind literal: ln(C/T) is clamped at {} and its factor is smallest far below the target, so the "
        "search is drawn to the cheapest networks; paper_log keeps it at the target",
        kLeastBase);
  }
}

}  // namespace danas
