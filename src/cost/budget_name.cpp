#include "danas/cost/budget_name.h"

#include <array>
#include <charconv>
#include <utility>

#include "danas/core/units.h"

namespace danas {
namespace {

// The shortest digits that read back as the same number.
std::string ShortestDigits(double value) {
  std::array<char, 400> buffer{};
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  return {buffer.data(), end};
}

}  // namespace

std::string BudgetName(double target) {
  constexpr std::array<std::pair<const char*, double>, 5> kSuffixes = {
      {{"T", 1e12}, {"G", 1e9}, {"M", 1e6}, {"k", 1e3}, {"", 1}}};
  for (const auto& [suffix, factor] : kSuffixes) {
    if (target < factor) continue;
    // A number that the division makes longer is written out.
    const std::string name = ShortestDigits(target / factor) + suffix;
    if (name.size() <= ShortestDigits(target).size() + 2 && ParseCount(name) == target) return name;
  }
  return ShortestDigits(target);
}

}  // namespace danas
