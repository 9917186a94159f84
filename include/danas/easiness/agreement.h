// How far networks agree on which classes are easy (section 4, Observation 3). Spearman's ρ and Kendall's τ-b as in
// scipy.stats; W of Kendall & Babington Smith (1939) with the correction for ties.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "danas/core/bootstrap.h"
#include "danas/core/json.h"

namespace danas {

using Scores = std::vector<double>;

// In [-1, 1]; NaN where one side is constant. Throw std::invalid_argument for sides of different lengths.
double Pearson(const Scores& x, const Scores& y);
double Spearman(const Scores& x, const Scores& y);     // Pearson of average ranks
double KendallTauB(const Scores& x, const Scores& y);  // in O(n log n) (Knight, JASA 1966)

// In [0, 1], of m judges (rows) over n classes: 12 S / (m² (n³ - n) - m Σ (t³ - t)), S the sum of squares of the rank
// sums about their mean, t the sizes of each judge's groups of ties. Without ties mean ρ = (m W - 1) / (m - 1). NaN
// where every judge is constant.
double KendallW(const std::vector<Scores>& score_nc);

// Share of the easiest max(1, round(share * n)) classes that both name; ties by position. By chance: share.
double EasiestOverlap(const Scores& x, const Scores& y, double share);

// {"value", "low", "high"}; null for what is not defined.
Json ToJson(const Estimate& estimate);

inline constexpr std::array<double, 3> kOverlapShares = {0.1, 0.3, 0.6};

struct PairAgreement {
  size_t first = 0;  // positions in Agreement::networks
  size_t second = 0;
  Estimate spearman = {};
  Estimate kendall = {};
  std::array<Estimate, kOverlapShares.size()> overlap = {};
};

struct Agreement {
  std::vector<std::string> networks;
  int64_t classes = 0;
  int64_t resamples = 0;
  std::vector<PairAgreement> pairs = {};   // every pair once; none for a single network
  Estimate concordance = {};               // Kendall's W; NaN for a single network. By chance 1 / networks
  std::vector<Estimate> score_error = {};  // each network: Spearman's ρ of score and 1 - confusion diagonal
};

// `score_nc`: each network's scores of the classes; `error_nc`: its 1 - confusion diagonal. Intervals by bootstrap over
// classes from the stream ("bootstrap", resample) of the seed; a resample in which a number is not defined is left out.
Agreement MeasureAgreement(const std::vector<std::string>& networks, const std::vector<Scores>& score_nc,
                           const std::vector<Scores>& error_nc, int64_t resamples, int64_t seed);

// agreement.json: docs/file-formats.md. What is not defined is null.
Json ToJson(const Agreement& agreement);

}  // namespace danas
