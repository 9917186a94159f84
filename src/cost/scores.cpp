#include "scores.h"

#include <algorithm>
#include <cmath>

#include "danas/core/error.h"

namespace danas {

void CheckScores(const CostTable& costs, const std::vector<std::vector<double>>& score_lc) {
  bool fits = score_lc.size() == costs.candidates_lc.size();
  for (size_t l = 0; fits && l < score_lc.size(); ++l) fits = score_lc[l].size() == costs.candidates_lc[l].size();
  if (!fits) throw ConfigError("scores and costs are of different shapes");
  for (const std::vector<double>& scores : score_lc) {
    if (!std::all_of(scores.begin(), scores.end(), [](double s) { return std::isfinite(s); })) {
      throw ConfigError("a candidate's score is not finite");
    }
  }
}

}  // namespace danas
