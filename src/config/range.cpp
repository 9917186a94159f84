#include "range.h"

#include <cmath>

namespace danas {

bool InRange(double value, const FieldInfo& info) {
  return (info.above_min ? value > info.min : value >= info.min) && value <= info.max;
}

std::string NumberText(double value) {
  const bool whole = value == std::trunc(value) && std::abs(value) <= 0x1p53;
  return whole ? Json(static_cast<int64_t>(value)).dump() : Json(value).dump();
}

std::string RangeText(const FieldInfo& info) {
  const bool low = std::isfinite(info.min), high = std::isfinite(info.max);
  if (low && high) return (info.above_min ? "in (" : "in [") + NumberText(info.min) + ", " + NumberText(info.max) + "]";
  if (low) return (info.above_min ? "above " : "of at least ") + NumberText(info.min);
  return high ? "of at most " + NumberText(info.max) : "";
}

Json JsonOf(const Count& count) { return Json::parse(NumberText(count.value)); }

Json JsonOf(const std::vector<Count>& counts) {
  Json list = Json::array();
  for (const Count& count : counts) list.push_back(JsonOf(count));
  return list;
}

}  // namespace danas
