#include "spent_text.h"

#include <array>
#include <cmath>

#include "danas/core/units.h"

namespace danas {
namespace {

struct Part {
  const char* name;
  const char* said;
  double events::WorkParts::*value;
};

constexpr std::array kParts = {Part{"weights", "weights", &events::WorkParts::weights},
                               Part{"architecture", "α", &events::WorkParts::architecture},
                               Part{"scoring", "scoring", &events::WorkParts::scoring},
                               Part{"finalists", "finalists", &events::WorkParts::finalists}};

}  // namespace

std::vector<std::pair<std::string, double>> SharesOfTime(const events::SearchEnd& end) {
  std::vector<std::pair<std::string, double>> shares;
  if (!end.timing.seconds_of) return shares;
  const events::WorkParts& seconds_of = *end.timing.seconds_of;
  for (const Part& part : kParts) {
    const double seconds = seconds_of.*part.value;
    if (!std::isnan(seconds) && seconds_of.total > 0) shares.emplace_back(part.name, seconds / seconds_of.total);
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
