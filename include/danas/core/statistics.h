// Medians and their ratios, as timings are compared: runs in turn, and an interval by resampling the rounds.
#pragma once

#include <vector>

namespace danas {

// The mean of the two middle values where their number is even. At least one value.
double Median(std::vector<double> values);

struct MedianInterval {
  double median = 0;
  double low = 0;  // 95 %, by order statistics (David and Nagaraja 2003, 7.1); of fewer than 6 values their range
  double high = 0;
};

// At least one value.
MedianInterval IntervalOfMedian(std::vector<double> values);

struct RatioInterval {
  double ratio = 0;  // of the medians
  double low = 0;    // 95 % of the resamplings lie between
  double high = 0;
};

// median(a) / median(b), where a[i] and b[i] come from one round: the percentile bootstrap, 10,000 resamplings of the
// rounds in pairs, the same ones in every call. As many values in a as in b, at least one.
RatioInterval RatioOfMedians(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace danas
