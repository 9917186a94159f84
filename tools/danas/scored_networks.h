// Networks of a search with their scores, for `rank` and `choose`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "asked_networks.h"
#include "danas/report/ranking_text.h"
#include "searched_run.h"

namespace danas {

struct ScoredNetworks {
  Networks networks = {};                 // of the run's whole space
  std::vector<double> scores = {};        // of each; higher is better
  bool fitted = false;                    // scores are those of a fit to the losses of `subnets`
  std::vector<SubnetScore> subnets = {};  // of each, if they were computed
  std::optional<SavedState> state = {};   // that scored them
  int64_t images = 0;                     // of `subnets`
};

std::vector<double> ScoresOf(const std::vector<SubnetScore>& subnets);

// score_lc[layer][candidate], summed over each network's layers.
std::vector<double> TotalsOf(const std::vector<std::vector<double>>& score_lc, const Networks& networks);

// Best first; equals stay in their order. `score`: its name.
NetworkRanking OrderNetworks(const ScoredNetworks& scored, const SearchedRun& run, const std::string& score);

}  // namespace danas
