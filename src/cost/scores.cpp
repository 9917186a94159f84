#include "scores.h"

#include <algorithm>
#include <cmath>

#include "danas/core/error.h"

namespace danas {

void CheckScores(const CostTable& costs, const std::vector<std::vector<double>>& score_lc) {
  bool fits = score_lc.size() == costs.candidates_lc.size();
  for (size_t l = 0; fits && l < score_lc.size(); ++l) fits = score_lc[l].size() == costs.candidates_lc[l].size();
  if (!fits) throw ConfigError("scores and costs have different shapes");
  for (const std::vector<double>& scores : score_lc) {
    if (!std::all_of(scores.begin(), scores.end(), [](double s) { return std::isfinite(s); })) {
      throw ConfigError("a candidate's score is not finite");
    }
  }
}

void CheckScores(const CostTable& costs, const NetworkScores& scores) {
  CheckScores(costs, scores.score_lc);
  if (scores.pair_lcd.empty()) return;
  bool fits = scores.pair_lcd.size() + 1 == scores.score_lc.size(), finite = true;
  for (size_t l = 0; fits && l < scores.pair_lcd.size(); ++l) {
    fits = scores.pair_lcd[l].size() == scores.score_lc[l].size();
    for (const std::vector<double>& pair_d : scores.pair_lcd[l]) {
      fits = fits && pair_d.size() == scores.score_lc[l + 1].size();
      finite = finite && std::ranges::all_of(pair_d, [](double s) { return std::isfinite(s); });
    }
  }
  if (!fits) throw ConfigError("scores of pairs and costs have different shapes");
  if (!finite) throw ConfigError("a score of a pair of candidates is not finite");
}

}  // namespace danas
