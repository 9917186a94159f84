#include "danas/core/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "danas/core/bootstrap.h"

namespace danas {
namespace {

double MedianOf(const std::vector<double>& values, const std::vector<size_t>& drawn) {
  std::vector<double> there;
  for (const size_t position : drawn) there.push_back(values[position]);
  return Median(std::move(there));
}

}  // namespace

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

MedianInterval IntervalOfMedian(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  const auto below = static_cast<size_t>(std::max(0.0, std::floor((n - 1.96 * std::sqrt(n)) / 2)));
  return {.median = (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2,
          .low = values[below],
          .high = values[values.size() - 1 - below]};
}

RatioInterval RatioOfMedians(const std::vector<double>& a, const std::vector<double>& b) {
  constexpr int64_t kDraws = 10000;
  const std::vector<double> ratios =
      Bootstrap::FromOneStream(a.size(), kDraws, 0).Values([&](const std::vector<size_t>& drawn) {
        return MedianOf(a, drawn) / MedianOf(b, drawn);
      });
  RatioInterval interval{.ratio = Median(a) / Median(b), .low = kUndefined, .high = kUndefined};
  if (ratios.empty()) return interval;
  // Of so many values, percentiles need not be interpolated.
  const size_t left_out = ratios.size() / 40;
  interval.low = ratios[left_out];
  interval.high = ratios[ratios.size() - 1 - left_out];
  return interval;
}

}  // namespace danas
