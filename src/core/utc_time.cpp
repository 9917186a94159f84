#include "danas/core/utc_time.h"

#include <array>

namespace danas {
namespace {

constexpr const char* kFormat = "%Y-%m-%dT%H:%M:%SZ";

}  // namespace

std::string FormatUtc(std::time_t time) {
  std::tm utc{};
  ::gmtime_r(&time, &utc);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), kFormat, &utc);
  return text.data();
}

std::optional<std::time_t> ParseUtc(std::string_view text) {
  const std::string copy(text);
  std::tm utc{};
  const char* end = ::strptime(copy.c_str(), kFormat, &utc);
  if (end == nullptr || *end != '\0') return std::nullopt;
  const std::time_t time = ::timegm(&utc);
  if (FormatUtc(time) != text) return std::nullopt;  // the 31st of February, "2026-1-1"
  return time;
}

}  // namespace danas
