// Percentile intervals by resampling with replacement (Efron, 1979).
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "danas/easiness/agreement.h"

namespace danas {

inline constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

// A number that follows from the things drawn; positions may stand in it more than once. NaN where it is not defined.
using Statistic = std::function<double(const std::vector<size_t>& drawn)>;

class Bootstrap {
 public:
  // Resamples of `count` things from the stream ("bootstrap", resample) of the seed.
  Bootstrap(size_t count, int64_t resamples, int64_t seed);

  // A resample in which the number is not defined is left out.
  Estimate Of(const Statistic& statistic) const;

 private:
  std::vector<size_t> whole_;
  std::vector<std::vector<uint32_t>> resamples_;
};

}  // namespace danas
