#include "spent_text.h"

#include <array>

#include "danas/core/units.h"
#include "src/watch/json_value.h"

namespace danas {
namespace {

struct Part {
  const char* name;
  const char* said;
};

constexpr std::array kParts = {Part{"weights", "weights"}, Part{"architecture", "α"}, Part{"scoring", "scoring"},
                               Part{"finalists", "finalists"}};

}  // namespace

std::vector<std::pair<std::string, double>> SharesOfTime(const Json& search_end) {
  const Json* timing = ObjectAt(search_end, "timing");
  const Json* seconds_of = timing != nullptr ? ObjectAt(*timing, "seconds_of") : nullptr;
  if (seconds_of == nullptr) return {};
  const double total = NumberAt(*seconds_of, "total").value_or(0);
  std::vector<std::pair<std::string, double>> shares;
  for (const Part& part : kParts) {
    const auto seconds = NumberAt(*seconds_of, part.name);
    if (seconds && total > 0) shares.emplace_back(part.name, *seconds / total);
  }
  return shares;
}

std::string SpentText(const std::vector<std::pair<std::string, double>>& shares, const std::optional<double>& macs) {
  std::string text;
  for (const auto& [name, share] : shares) {
    if (share == 0) continue;
    for (const Part& part : kParts) {
      if (name == part.name) text += (text.empty() ? "" : ", ") + FormatPercent(share) + " " + part.said;
    }
  }
  if (!text.empty() && macs) text += "; " + FormatCount(*macs) + " MACs in forward passes";
  return text;
}

}  // namespace danas
