// Mean and covariance of a layer's input, and what follows from them for u = x expand^T: its statistics, and what its
// batch norm adds to the gradients (docs/fused-layers.md, sections 2 and 4).
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "danas/kernels/parallel.h"
#include "hwy/highway.h"
#include "src/kernels/buffer.h"
#include "src/kernels/plan.h"
#include "src/kernels/state.h"

#if defined(DANAS_KERNELS_MOMENTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DANAS_KERNELS_MOMENTS_INL_H_
#undef DANAS_KERNELS_MOMENTS_INL_H_
#else
#define DANAS_KERNELS_MOMENTS_INL_H_
#endif

#include "src/kernels/matmul-inl.h"
#include "src/kernels/pack-inl.h"
#include "src/kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace danas::kernels {
namespace HWY_NAMESPACE {

constexpr int64_t kMultiplyAddsANanosecond = 40;  // about, of one core

// Pixels whose sums are taken in T before they are added up in double.
constexpr int64_t kMomentPixels = 128;

template <typename T>
std::vector<double> InputMean(const T* x, int64_t pixels, int64_t channels) {
  const int64_t blocks = BlocksOf<T>(channels), padded = Padded<T>(channels);
  std::vector<double> sums(static_cast<size_t>(Threads() * padded), 0.0);
  ForEachRange(
      "input mean", (pixels + kMomentPixels - 1) / kMomentPixels,
      [&](int64_t begin, int64_t end, int64_t thread) HWY_ATTR {
        HWY_ALIGN T lanes[kLanes<T>];
        double* mine = sums.data() + thread * padded;
        for (int64_t piece = begin; piece < end; ++piece) {
          const int64_t first = piece * kMomentPixels, last = std::min(pixels, first + kMomentPixels);
          for (int64_t block = 0; block < blocks; ++block) {
            const int64_t count = channels - block * kLanes<T>;
            Vec<T> sum = Zero<T>();
            for (int64_t m = first; m < last; ++m) {
              sum = hn::Add(sum, LoadFirst(x + m * channels + block * kLanes<T>, count));
            }
            Store(sum, lanes);
            for (int64_t lane = 0; lane < kLanes<T>; ++lane) mine[block * kLanes<T> + lane] += lanes[lane];
          }
        }
      },
      blocks * kMomentPixels / 2);
  std::vector<double> mean(static_cast<size_t>(channels), 0.0);
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t t = 0; t < Threads(); ++t) mean[c] += sums[t * padded + c];
    mean[c] /= static_cast<double>(pixels);
  }
  return mean;
}

// The upper half of sum over pixels of (x - mean)(x - mean)^T, into sums [channels, padded][channels, padded].
template <typename T>
void AddCentredProducts(const T* x, int64_t first, int64_t count, int64_t channels, const T* mean, double* sums) {
  const int64_t blocks = BlocksOf<T>(channels), padded = Padded<T>(channels);
  T* centred = Scratch<T>(0, blocks * kMomentPixels * kLanes<T>);  // [block][pixel][lanes]
  for (int64_t block = 0; block < blocks; ++block) {
    const int64_t there = channels - block * kLanes<T>;
    const Vec<T> block_mean = Load(mean + block * kLanes<T>);
    T* out = centred + block * kMomentPixels * kLanes<T>;
    for (int64_t m = 0; m < count; ++m) {
      const Vec<T> value = LoadFirst(x + (first + m) * channels + block * kLanes<T>, there);
      Store(hn::Sub(value, block_mean), out + m * kLanes<T>);
    }
  }
  HWY_ALIGN T lanes[kLanes<T>];
  for (int64_t i = 0; i < blocks; ++i) {
    double* out = sums + i * kLanes<T> * padded + i * kLanes<T>;
    auto add = [&]<int kRows, int kBlocks>(int64_t row, int64_t block, Vec<T>(&sum)[kRows][kBlocks]) EPILOGUE_ATTR {
      for (int r = 0; r < kRows; ++r) {
        for (int j = 0; j < kBlocks; ++j) {
          Store(sum[r][j], lanes);
          double* to = out + (row + r) * padded + (block + j) * kLanes<T>;
          for (int64_t lane = 0; lane < kLanes<T>; ++lane) to[lane] += lanes[lane];
        }
      }
    };
    const T* rows = centred + i * kMomentPixels * kLanes<T>;
    Multiply(Product<T>{.a = rows,
                        .a_row = 1,
                        .inner = count,
                        .a_inner = kLanes<T>,
                        .b = rows,
                        .b_block = kMomentPixels * kLanes<T>,
                        .b_step = kLanes<T>},
             kLanes<T>, blocks - i, add);
  }
}

// Covariance of x, packed [block][channels][lanes]. `mean` is padded with zeros.
template <typename T>
Buffer<T> InputCovariance(const T* x, int64_t pixels, int64_t channels, const T* mean) {
  const int64_t padded = Padded<T>(channels);
  std::vector<std::vector<double>> sums(static_cast<size_t>(Threads()));
  ForEachRange("input covariance", (pixels + kMomentPixels - 1) / kMomentPixels,
               [&](int64_t begin, int64_t end, int64_t thread) HWY_ATTR {
                 sums[thread].assign(static_cast<size_t>(padded * padded), 0.0);
                 for (int64_t piece = begin; piece < end; ++piece) {
                   const int64_t first = piece * kMomentPixels;
                   AddCentredProducts(x, first, std::min(kMomentPixels, pixels - first), channels, mean,
                                      sums[thread].data());
                 }
               });
  Buffer<T> covariance = Zeros<T>(padded * channels);
  for (int64_t i = 0; i < channels; ++i) {
    for (int64_t j = i; j < channels; ++j) {
      double sum = 0;
      for (const auto& part : sums) sum += part.empty() ? 0 : part[static_cast<size_t>(i * padded + j)];
      const T value = static_cast<T>(sum / static_cast<double>(pixels));
      covariance[(j / kLanes<T> * channels + i) * kLanes<T> + j % kLanes<T>] = value;
      covariance[(i / kLanes<T> * channels + j) * kLanes<T> + i % kLanes<T>] = value;
    }
  }
  return covariance;
}

// Statistics of u = x expand^T: mean = expand * mean(x), variance = expand * covariance * expand^T, row by row. Fills
// expand_covariance [middle][in, padded], too.
template <typename T>
NormStatistics ExpandStatistics(const T* expand, int64_t middle, int64_t in, const T* mean, const T* covariance,
                                T* expand_covariance) {
  constexpr int64_t kRowsATask = 24;
  const int64_t blocks = BlocksOf<T>(in), padded = Padded<T>(in);
  NormStatistics result;
  result.mean_c.resize(static_cast<size_t>(middle));
  result.variance_c.resize(static_cast<size_t>(middle));
  ForEachRange(
      "expand statistics", (middle + kRowsATask - 1) / kRowsATask,
      [&](int64_t begin, int64_t end, int64_t) HWY_ATTR {
        const int64_t first = begin * kRowsATask, last = std::min(middle, end * kRowsATask);
        auto store = [&]<int kRows, int kBlocks>(int64_t row, int64_t block,
                                                 Vec<T>(&sum)[kRows][kBlocks]) EPILOGUE_ATTR {
          for (int r = 0; r < kRows; ++r) {
            for (int j = 0; j < kBlocks; ++j) {
              Store(sum[r][j], expand_covariance + (first + row + r) * padded + (block + j) * kLanes<T>);
            }
          }
        };
        Multiply(Product<T>{.a = expand + first * in,
                            .a_row = in,
                            .inner = in,
                            .b = covariance,
                            .b_block = in * kLanes<T>,
                            .b_step = kLanes<T>},
                 last - first, blocks, store);
        for (int64_t c = first; c < last; ++c) {
          Vec<T> mean_sum = Zero<T>(), variance_sum = Zero<T>();
          for (int64_t block = 0; block < blocks; ++block) {
            const Vec<T> w = LoadFirst(expand + c * in + block * kLanes<T>, in - block * kLanes<T>);
            mean_sum = hn::MulAdd(w, Load(mean + block * kLanes<T>), mean_sum);
            variance_sum = hn::MulAdd(w, Load(expand_covariance + c * padded + block * kLanes<T>), variance_sum);
          }
          result.mean_c[c] = hn::GetLane(hn::SumOfLanes(Tag<T>(), mean_sum));
          const double variance = hn::GetLane(hn::SumOfLanes(Tag<T>(), variance_sum));
          result.variance_c[c] = variance < 0 ? 0 : variance;  // NaN stays
        }
      },
      kRowsATask * in * in / kMultiplyAddsANanosecond);
  return result;
}

// What the batch norm behind one expansion adds to the gradient of x, as a matrix and a constant:
// negated [block][in][lanes] -= expand^T diag(square_c) expand, constant += expand^T offset_c.
template <typename T>
void AddExpandCorrection(const T* expand, int64_t middle, int64_t in, const std::vector<T>& square_c,
                         const std::vector<T>& offset_c, T* negated, T* constant) {
  constexpr int64_t kRowsATask = 12;
  const int64_t blocks = BlocksOf<T>(in);
  Buffer<T> scaled(blocks * middle * kLanes<T>);  // diag(square_c) expand, [block][middle][lanes]
  ForEachRange(
      "scale expand", blocks,
      [&](int64_t begin, int64_t end, int64_t) HWY_ATTR {
        for (int64_t block = begin; block < end; ++block) {
          Vec<T> sum = Load(constant + block * kLanes<T>);
          for (int64_t c = 0; c < middle; ++c) {
            const Vec<T> w = LoadFirst(expand + c * in + block * kLanes<T>, in - block * kLanes<T>);
            Store(hn::Mul(Set(square_c[c]), w), scaled.get() + (block * middle + c) * kLanes<T>);
            sum = hn::MulAdd(Set(offset_c[c]), w, sum);
          }
          Store(sum, constant + block * kLanes<T>);
        }
      },
      middle);
  ForEachRange(
      "expand correction", (in + kRowsATask - 1) / kRowsATask,
      [&](int64_t begin, int64_t end, int64_t) HWY_ATTR {
        const int64_t first = begin * kRowsATask, last = std::min(in, end * kRowsATask);
        auto subtract = [&]<int kRows, int kBlocks>(int64_t row, int64_t block, Vec<T>(&sum)[kRows][kBlocks])
                            EPILOGUE_ATTR {
                              for (int r = 0; r < kRows; ++r) {
                                for (int j = 0; j < kBlocks; ++j) {
                                  T* to = negated + ((block + j) * in + first + row + r) * kLanes<T>;
                                  Store(hn::Sub(Load(to), sum[r][j]), to);
                                }
                              }
                            };
        Multiply(Product<T>{.a = expand + first,
                            .a_row = 1,
                            .inner = middle,
                            .a_inner = in,
                            .b = scaled.get(),
                            .b_block = middle * kLanes<T>,
                            .b_step = kLanes<T>},
                 last - first, blocks, subtract);
      },
      kRowsATask * middle * in / kMultiplyAddsANanosecond);
}

}  // namespace HWY_NAMESPACE
}  // namespace danas::kernels
HWY_AFTER_NAMESPACE();
#endif
