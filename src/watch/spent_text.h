// What a search spent its time on, from its search_end.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "danas/events/search_events.h"

namespace danas {

// Of the time of all parts together: ("weights", 0.7), ("architecture", 0.1), ("scoring", 0.15), ("finalists", 0.05).
// Empty where the event does not say, as those of earlier versions.
std::vector<std::pair<std::string, double>> SharesOfTime(const events::SearchEnd& end);

// "70.0 % weights, 10.0 % α, 15.0 % scoring, 5.0 % finalists; 1.2T MACs in forward passes". Parts that took nothing are
// left out; empty without shares.
std::string SpentText(const std::vector<std::pair<std::string, double>>& shares, const std::optional<double>& macs);

}  // namespace danas
