// Whether the sums of a latency table say what whole networks take: predicted against measured, judged by how far two
// measurements of one network lie apart.
#pragma once

#include <cstdint>
#include <vector>

#include "danas/core/bootstrap.h"

namespace danas {

// Milliseconds. As many predicted as measured; `repeats` are measurements of one network beside them.
struct MeasuredNetworks {
  std::vector<double> predicted;
  std::vector<double> measured;
  std::vector<double> repeats;
};

// Intervals are of the networks (and repeats) that happened to be drawn: percentile bootstrap, 2,000 resamples.
struct LatencyAgreement {
  Estimate offset;        // mean of measured - predicted, ms: the one number that is fitted
  Estimate mean_error;    // mean |predicted + offset - measured|, ms
  Estimate repeat_error;  // mean |repeat - mean of the repeats|, ms
  Estimate ratio;         // of the two
  // Kendall's: pairs of networks that are measured farther apart than the repeat error, those in the predicted order
  // less the others, over all of them. NaN where there are none.
  Estimate rank_correlation;
  int64_t pairs = 0;
  double mean_measured = 0;
  double least_measured = 0, most_measured = 0;
};

// At least two networks and two repeats; std::invalid_argument otherwise.
LatencyAgreement AgreementOf(const MeasuredNetworks& networks);

}  // namespace danas
