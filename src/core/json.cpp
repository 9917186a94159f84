#include "danas/core/json.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace danas {
namespace {

// Counts brackets outside of texts; of what is not JSON, something.
bool IsNestedDeeper(std::string_view text, int levels) {
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) i += text[i] == '\\' ? 1 : 0;
    } else if (c == '[' || c == '{') {
      if (++depth > levels) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

}  // namespace

Json ParseJson(std::string_view text) {
  if (IsNestedDeeper(text, kMostJsonLevels)) return Json::value_t::discarded;
  return Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

int64_t WholeAt(const Json& object, const char* key) {
  constexpr auto kLargest = std::numeric_limits<int64_t>::max();
  const Json& number = object.at(key);
  if (number.is_number_unsigned()) return static_cast<int64_t>(std::min<uint64_t>(number.get<uint64_t>(), kLargest));
  if (!number.is_number_float()) return number.get<int64_t>();
  const auto value = number.get<double>();
  if (std::isnan(value)) return 0;
  if (std::abs(value) < 0x1p63) return static_cast<int64_t>(value);
  return value > 0 ? kLargest : std::numeric_limits<int64_t>::min();
}

}  // namespace danas
