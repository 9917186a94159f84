// A cost in a table and in JSON: milliseconds have fractions; counts are whole and exact below 2^53.
#pragma once

#include <cmath>
#include <string>

#include "danas/core/json.h"
#include "danas/core/units.h"

namespace danas {

inline std::string CostCell(const std::string& unit, double cost) {
  return unit == "ms" ? FormatDecimals(cost, 3) : FormatThousands(std::llround(cost));
}

inline Json CostNumber(const std::string& unit, double cost) {
  return unit == "ms" ? Json(cost) : Json(std::llround(cost));
}

}  // namespace danas
