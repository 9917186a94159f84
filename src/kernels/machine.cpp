#include "danas/kernels/machine.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <memory>

#include "danas/core/seconds_since.h"
#include "danas/kernels/level.h"
#include "danas/kernels/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/kernels/machine.cpp"
#include "hwy/foreach_target.h"  // before highway.h
#include "hwy/highway.h"
#include "src/kernels/level.h"
#include "src/kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace danas::kernels {
namespace HWY_NAMESPACE {

constexpr int kChains = 12;  // sums that do not wait for each other: more than latency times ports of any processor

// `steps` multiply-adds in each chain. Returns how many multiply-adds of single numbers that was; `result` keeps the
// compiler from leaving them out.
int64_t MultiplyAdds(int64_t steps, float* result) {
  Vec<float> sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = Set(static_cast<float>(i));
  const Vec<float> factor = Set(0.999F), addend = Set(0.001F);
  for (int64_t step = 0; step < steps; ++step) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) sums[i] = hn::MulAdd(sums[i], factor, addend);
  }
  Vec<float> sum = sums[0];
  for (int i = 1; i < kChains; ++i) sum = hn::Add(sum, sums[i]);
  *result = hn::GetLane(sum);
  return steps * kChains * kLanes<float>;
}

}  // namespace HWY_NAMESPACE
}  // namespace danas::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace danas::kernels {
namespace {

HWY_EXPORT(MultiplyAdds);

using Clock = std::chrono::steady_clock;

constexpr int kTries = 5;  // the best counts: other programs only ever slow one down

}  // namespace

double MeasureMultiplyAdds(int64_t threads) {
  if (Level().empty()) return 0;
  constexpr int64_t kSteps = 4'000'000;
  double best = 0;
  for (int i = 0; i < kTries; ++i) {
    std::atomic<int64_t> done = 0;
    const auto start = Clock::now();
    ForEachRange("multiply-adds", threads, [&](int64_t begin, int64_t end, int64_t) {
      for (int64_t task = begin; task < end; ++task) {
        volatile float kept = 0;
        float result = 0;
        done += HWY_DYNAMIC_DISPATCH(MultiplyAdds)(kSteps, &result);
        kept = result;
        static_cast<void>(kept);
      }
    });
    best = std::max(best, static_cast<double>(done) / SecondsSince(start));
  }
  return best;
}

double MeasureBandwidth(int64_t threads) {
  constexpr size_t kBytes = size_t{256} << 20;
  const auto from = std::make_unique<std::byte[]>(kBytes), to = std::make_unique<std::byte[]>(kBytes);
  const size_t part = kBytes / static_cast<size_t>(threads);
  double best = 0;
  for (int i = 0; i < kTries; ++i) {
    const auto start = Clock::now();
    ForEachRange("copy", threads, [&](int64_t begin, int64_t end, int64_t) {
      for (int64_t p = begin; p < end; ++p) {
        const size_t offset = static_cast<size_t>(p) * part;
        std::memcpy(to.get() + offset, from.get() + offset, part);
      }
    });
    best = std::max(best, 2.0 * static_cast<double>(part) * static_cast<double>(threads) / SecondsSince(start));
  }
  return best;
}

}  // namespace danas::kernels
#endif  // HWY_ONCE
