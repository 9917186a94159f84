#include "spent_text.h"

#include <array>
#include <cmath>

#include "danas/core/units.h"

namespace danas {
namespace {

using events::WorkParts;

struct Part {
  const char* said;
  double WorkParts::*value;
};

constexpr std::array kParts = {Part{"weights", &WorkParts::weights}, Part{"α", &WorkParts::architecture},
                               Part{"scoring", &WorkParts::scoring}, Part{"finalists", &WorkParts::finalists}};

}  // namespace

std::vector<std::pair<std::string, double>> SharesOfTime(const events::SearchEnd& end) {
  std::vector<std::pair<std::string, double>> shares;
  if (!end.timing.seconds_of) return shares;
  const WorkParts& seconds_of = *end.timing.seconds_of;
  for (const Part& part : kParts) {
    const double seconds = seconds_of.*part.value;
    if (std::isnan(seconds) || !(seconds_of.total > 0)) continue;
    shares.emplace_back(events::NameOfField(part.value), seconds / seconds_of.total);
  }
  return shares;
}

std::string SpentText(const std::vector<std::pair<std::string, double>>& shares, const std::optional<double>& macs) {
  std::string text;
  for (const auto& [name, share] : shares) {
    if (share == 0) continue;
    for (const Part& part : kParts) {
      if (name != events::NameOfField(part.value)) continue;
      text += (text.empty() ? "" : ", ") + FormatPercent(share) + " " + part.said;
    }
  }
  if (!text.empty() && macs) text += "; " + FormatCount(*macs) + " MACs in forward passes";
  return text;
}

}  // namespace danas
