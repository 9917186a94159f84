#include "danas/report/estimate_text.h"

#include <cmath>

#include "danas/core/units.h"

namespace danas {

std::string EstimateText(const Estimate& estimate, const EstimateStyle& style) {
  if (std::isnan(estimate.value)) return style.not_defined;
  const auto number = [&](double value) { return FormatDecimals(style.factor * value, style.decimals); };
  return number(estimate.value) + " [" + number(estimate.low) + ", " + number(estimate.high) + "]";
}

}  // namespace danas
