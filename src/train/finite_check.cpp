#include "danas/train/finite_check.h"

#include <cmath>
#include <utility>

#include "danas/core/error.h"

namespace danas {

FiniteCheck::FiniteCheck(std::string label, OnNonFinite on_nonfinite, std::string advice)
    : label_(std::move(label)), on_nonfinite_(on_nonfinite), advice_(std::move(advice)) {}

bool FiniteCheck::Accepts(double loss_sum, double gradient_norm, const std::string& step) const {
  const bool in_loss = !std::isfinite(loss_sum);
  if (!in_loss && std::isfinite(gradient_norm)) return true;
  if (on_nonfinite_ == OnNonFinite::kSkip) return false;
  throw NumericError(label_ + ": the " + (in_loss ? "loss" : "gradients' norm") + " of " + step + " is " +
                     std::to_string(in_loss ? loss_sum : gradient_norm) + ", not a finite number. " + advice_);
}

}  // namespace danas
