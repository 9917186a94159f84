// A batch norm's statistics from partial sums, and the affine maps that follow from them.
#include <cmath>
#include <cstdint>
#include <vector>

#include "danas/kernels/inverted_residual.h"
#include "hwy/highway.h"
#include "src/kernels/buffer.h"
#include "src/kernels/state.h"

#if defined(DANAS_KERNELS_NORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DANAS_KERNELS_NORM_INL_H_
#undef DANAS_KERNELS_NORM_INL_H_
#else
#define DANAS_KERNELS_NORM_INL_H_
#endif

#include "src/kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace danas::kernels {
namespace HWY_NAMESPACE {

// Sum and sum of squares of values minus a pivot, one of the values: so that a mean far from zero costs no digits.
template <typename T>
struct PartialSums {
  explicit PartialSums(int64_t part_count, int64_t channel_count)
      : parts(part_count), channels(channel_count), values(3 * part_count * channel_count) {}
  T* pivot(int64_t part) const { return values.get() + 3 * part * channels; }
  T* sum(int64_t part) const { return pivot(part) + channels; }
  T* square(int64_t part) const { return pivot(part) + 2 * channels; }
  int64_t parts, channels;  // padded
  Buffer<T> values;
};

// Parts of these many values each, put together in double (Chan, Golub and LeVeque 1979).
template <typename T>
NormStatistics Combine(const PartialSums<T>& parts, int64_t channels, const std::vector<int64_t>& counts) {
  NormStatistics result;
  result.mean_c.assign(static_cast<size_t>(channels), 0.0);
  result.variance_c.assign(static_cast<size_t>(channels), 0.0);
  for (int64_t part = 0; part < parts.parts; ++part) {
    const auto count = static_cast<double>(counts[part]), before = static_cast<double>(result.count);
    const double total = before + count;
    for (int64_t c = 0; c < channels; ++c) {
      const double sum = parts.sum(part)[c];
      const double mean = parts.pivot(part)[c] + sum / count;
      const double squares = parts.square(part)[c] - sum * sum / count;
      const double apart = mean - result.mean_c[c];
      result.mean_c[c] += apart * count / total;
      result.variance_c[c] += squares + apart * apart * before * count / total;
    }
    result.count += counts[part];
  }
  for (double& variance : result.variance_c) {
    variance /= static_cast<double>(result.count);
    if (variance < 0) variance = 0;  // NaN stays
  }
  return result;
}

template <typename T>
NormLanes<T> MakeNormLanes(const Norm<T>& norm, const NormStatistics& statistics) {
  const auto channels = static_cast<int64_t>(statistics.mean_c.size()), padded = Padded<T>(channels);
  NormLanes<T> lanes{.mean_c = statistics.mean_c,
                     .inverse_c = {},
                     .scale = Zeros<T>(padded),
                     .shift = Zeros<T>(padded),
                     .inverse = Zeros<T>(padded),
                     .centre = Zeros<T>(padded)};
  for (int64_t c = 0; c < channels; ++c) {
    const double mean = statistics.mean_c[c], inverse = 1 / std::sqrt(statistics.variance_c[c] + norm.epsilon);
    const double weight = norm.weight ? norm.weight[c] : 1, bias = norm.bias ? norm.bias[c] : 0;
    lanes.inverse_c.push_back(inverse);
    lanes.scale[c] = static_cast<T>(weight * inverse);
    lanes.shift[c] = static_cast<T>(bias - weight * inverse * mean);
    lanes.inverse[c] = static_cast<T>(inverse);
    lanes.centre[c] = static_cast<T>(-mean * inverse);
  }
  return lanes;
}

}  // namespace HWY_NAMESPACE
}  // namespace danas::kernels
HWY_AFTER_NAMESPACE();
#endif
