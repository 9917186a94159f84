// A network chosen from a search's kept states for other limits, the next best, and what the limits leave.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "danas/core/json.h"
#include "danas/cost/cost_band.h"
#include "danas/report/ranking_text.h"

namespace danas {

// What a limit leaves of the space: its own costs, of all networks and of those that meet all other limits.
struct LimitReach {
  std::string kind;  // "budget", "macs", "parameters", "latency"
  std::string unit;
  double most = 0;                    // the limit
  CostBand whole = {};                // least and highest cost of the space
  std::optional<CostBand> left = {};  // none: the others cannot be met
};

// "macs at most 300M: the space reaches from ... to ..., with the other limits met from ... to ...", a line each.
std::string ReachText(const std::vector<LimitReach>& limits);

struct NetworkChoice {
  NetworkRanking ranking;  // of the scored networks; the first is the choice
  std::vector<LimitReach> limits = {};
  CostBand band = {};                   // of the budget
  std::string effects = {};             // of the fit that ranks them; empty: their own losses do
  double z = 0;                         // how many standard errors that fit stands behind the first against the second
  std::optional<Estimate> margin = {};  // the next best's loss less the choice's, ± two standard errors over the images
  std::string file = {};
};

std::string ChoiceText(const NetworkChoice& choice);

// docs/file-formats.md.
Json ChoiceJson(const NetworkChoice& choice);

}  // namespace danas
