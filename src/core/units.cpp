#include "danas/core/units.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "danas/core/error.h"

namespace danas {
namespace {

double SuffixFactor(std::string_view suffix) {
  if (suffix.empty()) return 1;
  if (suffix == "k" || suffix == "K") return 1e3;
  if (suffix == "M") return 1e6;
  if (suffix == "G" || suffix == "B") return 1e9;
  if (suffix == "T") return 1e12;
  return 0;
}

}  // namespace

double ParseCount(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const double factor =
      error == std::errc() ? SuffixFactor({end, static_cast<size_t>(text.data() + text.size() - end)}) : 0;
  if (factor == 0 || !std::isfinite(number * factor) || number < 0) {
    throw ConfigError("'" + std::string(text) + "' is not a count; expected a number such as 323M, 0.3G or 3.2e8");
  }
  return number * factor;
}

std::string FormatDecimals(double value, int decimals) {
  std::array<char, 400> buffer{};  // the largest double has 309 digits before the point
  std::snprintf(buffer.data(), buffer.size(), "%.*f", decimals, value);
  return buffer.data();
}

std::string FormatPercent(double share, int decimals) { return FormatDecimals(100 * share, decimals) + " %"; }

std::string FormatPercentDone(double share) { return FormatDecimals(std::floor(100 * share), 0) + " %"; }

std::string FormatCount(double count) {
  constexpr std::array<const char*, 5> kSuffixes = {"", "k", "M", "G", "T"};
  size_t step = 0;
  while (std::abs(count) >= 999.95 && step + 1 < kSuffixes.size()) {
    count /= 1000;
    ++step;
  }
  return FormatDecimals(count, step == 0 ? 0 : 1) + kSuffixes[step];
}

std::string FormatCostNumber(double cost, const std::string& unit, int ms_decimals) {
  if (unit == "bytes") return FormatBytes(cost);
  return unit == "ms" ? FormatDecimals(cost, ms_decimals) : FormatCount(cost);
}

std::string FormatCost(double cost, const std::string& unit, int ms_decimals) {
  return FormatCostNumber(cost, unit, ms_decimals) + (unit == "bytes" ? "" : " " + unit);
}

std::string FormatBytes(double bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  size_t step = 0;
  while (std::abs(bytes) >= 1023.95 && step + 1 < kUnits.size()) {
    bytes /= 1024;
    ++step;
  }
  return FormatDecimals(bytes, step == 0 ? 0 : 1) + " " + kUnits[step];
}

std::string FormatDuration(double seconds) {
  if (!std::isfinite(seconds) || std::abs(seconds) > 1e15) return "unknown";
  if (seconds < 9.995) return FormatDecimals(seconds, 2) + " s";
  const int64_t whole = std::llround(seconds);
  const auto two_digits = [](int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + two_digits(whole % 60) + " s";
  if (whole < 48 * 3600) return std::to_string(whole / 3600) + " h " + two_digits(whole / 60 % 60) + " min";
  return std::to_string(whole / 86400) + " d " + two_digits(whole / 3600 % 24) + " h";
}

std::string FormatThousands(int64_t number) {
  std::string digits = std::to_string(number);
  const ptrdiff_t first = digits[0] == '-' ? 1 : 0;
  for (ptrdiff_t at = static_cast<ptrdiff_t>(digits.size()) - 3; at > first; at -= 3) {
    digits.insert(static_cast<size_t>(at), ",");
  }
  return digits;
}

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string NearestName(std::string_view word, const std::vector<std::string>& candidates) {
  std::string nearest;
  size_t least = std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    // As many changes at least, and words may be long.
    if (std::max(word.size(), candidate.size()) - std::min(word.size(), candidate.size()) >= least) continue;
    const size_t distance = EditDistance(word, candidate);
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace danas
