// Percentile intervals by resampling with replacement (Efron, 1979).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

namespace danas {

inline constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

struct Estimate {
  double value = 0;  // NaN where it is not defined
  double low = 0;    // 95 % interval: percentiles 2.5 and 97.5 over the resamples
  double high = 0;
};

// A number that follows from the things drawn; positions may stand in it more than once. NaN where it is not defined.
using Statistic = std::function<double(const std::vector<size_t>& drawn)>;

class Bootstrap {
 public:
  // Resamples of `count` things from the stream ("bootstrap", resample) of the seed.
  Bootstrap(size_t count, int64_t resamples, int64_t seed);

  // The same from one stream, ("bootstrap") of the seed.
  static Bootstrap FromOneStream(size_t count, int64_t resamples, int64_t seed);

  // The number in each resample, in ascending order; those in which it is not defined are left out.
  std::vector<double> Values(const Statistic& statistic) const;

  // Between two values percentiles are interpolated.
  Estimate Of(const Statistic& statistic) const;

 private:
  explicit Bootstrap(size_t count);

  std::vector<size_t> whole_;
  std::vector<std::vector<uint32_t>> resamples_;
};

}  // namespace danas
