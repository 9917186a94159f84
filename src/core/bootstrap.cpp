#include "danas/core/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "danas/core/random.h"

namespace danas {
namespace {

double Percentile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::vector<uint32_t> Resample(size_t count, RandomStream& stream) {
  std::vector<uint32_t> drawn(count);
  for (uint32_t& position : drawn) position = static_cast<uint32_t>(stream.UniformInt(count));
  return drawn;
}

}  // namespace

Bootstrap::Bootstrap(size_t count) : whole_(count) { std::iota(whole_.begin(), whole_.end(), size_t{0}); }

Bootstrap::Bootstrap(size_t count, int64_t resamples, int64_t seed) : Bootstrap(count) {
  for (int64_t i = 0; i < resamples; ++i) {
    RandomStream stream(static_cast<uint64_t>(seed), "bootstrap", {static_cast<uint64_t>(i)});
    resamples_.push_back(Resample(count, stream));
  }
}

Bootstrap Bootstrap::FromOneStream(size_t count, int64_t resamples, int64_t seed) {
  Bootstrap bootstrap(count);
  RandomStream stream(static_cast<uint64_t>(seed), "bootstrap");
  for (int64_t i = 0; i < resamples; ++i) bootstrap.resamples_.push_back(Resample(count, stream));
  return bootstrap;
}

std::vector<double> Bootstrap::Values(const Statistic& statistic) const {
  std::vector<double> values;
  for (const std::vector<uint32_t>& drawn : resamples_) {
    const double value = statistic({drawn.begin(), drawn.end()});
    if (!std::isnan(value)) values.push_back(value);
  }
  std::sort(values.begin(), values.end());
  return values;
}

Estimate Bootstrap::Of(const Statistic& statistic) const {
  Estimate estimate{.value = statistic(whole_), .low = kUndefined, .high = kUndefined};
  if (std::isnan(estimate.value)) return estimate;
  const std::vector<double> values = Values(statistic);
  if (values.empty()) return estimate;
  estimate.low = Percentile(values, 0.025);
  estimate.high = Percentile(values, 0.975);
  return estimate;
}

}  // namespace danas
