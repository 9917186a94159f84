// Backward from the output to what the activation behind the depthwise convolution lets through (docs/fused-layers.md,
// section 4: output, projection).
#include <algorithm>
#include <cstdint>
#include <vector>

#include "danas/kernels/parallel.h"
#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "src/kernels/buffer.h"
#include "src/kernels/plan.h"
#include "src/kernels/state.h"
#include "src/kernels/thread_sums.h"

#if defined(DANAS_KERNELS_BACKWARD_PROJECT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DANAS_KERNELS_BACKWARD_PROJECT_INL_H_
#undef DANAS_KERNELS_BACKWARD_PROJECT_INL_H_
#else
#define DANAS_KERNELS_BACKWARD_PROJECT_INL_H_
#endif

#include "src/kernels/forward-inl.h"
#include "src/kernels/matmul-inl.h"
#include "src/kernels/pack-inl.h"
#include "src/kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace danas::kernels {
namespace HWY_NAMESPACE {

// What sums over the output give: `plain` = sum of the gradient, `normalised`[c] = sum of gradient * normalised z_c.
struct OutputSums {
  std::vector<double> plain;
  std::vector<std::vector<double>> normalised;
  double input = 0;  // sum of gradient * x, where the layer keeps its shape
};

// add(m, total) for m = first ... last - 1, in several totals that are taken in turn: none waits for the one before it.
template <typename T, class Add>
HWY_INLINE Vec<T> SumInTurn(int64_t first, int64_t last, const Add& add) {
  constexpr int64_t kTurns = 8;
  Vec<T> totals[kTurns];
#pragma GCC unroll 8
  for (int64_t t = 0; t < kTurns; ++t) totals[t] = Zero<T>();
  int64_t m = first;
  for (; m + kTurns <= last; m += kTurns) {
#pragma GCC unroll 8
    for (int64_t t = 0; t < kTurns; ++t) totals[t] = add(m + t, totals[t]);
  }
  for (; m < last; ++m) totals[0] = add(m, totals[0]);
#pragma GCC unroll 8
  for (int64_t t = 1; t < kTurns; ++t) totals[0] = hn::Add(totals[0], totals[t]);
  return totals[0];
}

template <typename T>
OutputSums SumOutputs(const LayerPlan& plan, const std::vector<KeptCandidate<T>>& kept, const T* gradient, const T* x) {
  constexpr int64_t kPiecePixels = 128;  // of a group that a task takes, about
  const int64_t out = plan.size.out, padded = Padded<T>(out), candidates = static_cast<int64_t>(kept.size());
  const int64_t rows = candidates + 2;
  const int64_t pieces = std::max<int64_t>(1, plan.out_pixels / kPiecePixels), tasks = plan.groups * pieces;
  Buffer<T> parts(tasks * rows * padded);
  ForEachRange("sum outputs", tasks, [&](int64_t begin, int64_t end, int64_t) HWY_ATTR {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t group = task / pieces, piece = task % pieces;
      const int64_t first = group * plan.out_pixels + plan.out_pixels * piece / pieces;
      const int64_t last = group * plan.out_pixels + plan.out_pixels * (piece + 1) / pieces;
      for (int64_t at = 0; at < out; at += kLanes<T>) {
        const int64_t there = out - at;
        T* to = parts.get() + task * rows * padded + at;
        const auto sum = [&]<bool kWhole>() HWY_ATTR {
          const auto load = [&](const T* map, int64_t m) HWY_ATTR {
            return kWhole ? Load(map + m * out + at) : LoadFirst(map + m * out + at, there);
          };
          for (int64_t c = 0; c < candidates; ++c) {
            const T* z = kept[c].z.get();
            const Vec<T> inverse = Load(kept[c].project_norm.inverse.get() + at);
            const Vec<T> centre = Load(kept[c].project_norm.centre.get() + at);
            Store(SumInTurn<T>(first, last,
                               [&](int64_t m, Vec<T> total) HWY_ATTR {
                                 return hn::MulAdd(load(gradient, m), hn::MulAdd(load(z, m), inverse, centre), total);
                               }),
                  to + c * padded);
          }
          Store(SumInTurn<T>(first, last,
                             [&](int64_t m, Vec<T> total) HWY_ATTR { return hn::Add(load(gradient, m), total); }),
                to + candidates * padded);
          Vec<T> input = Zero<T>();
          if (x) {
            input = SumInTurn<T>(first, last, [&](int64_t m, Vec<T> total) HWY_ATTR {
              return hn::MulAdd(load(gradient, m), load(x, m), total);
            });
          }
          Store(input, to + (candidates + 1) * padded);
        };
        if (there >= kLanes<T>) {
          sum.template operator()<true>();
        } else {
          sum.template operator()<false>();
        }
      }
    }
  });
  OutputSums sums;
  sums.plain.assign(static_cast<size_t>(out), 0.0);
  sums.normalised.assign(kept.size(), std::vector<double>(static_cast<size_t>(out), 0.0));
  for (int64_t task = 0; task < tasks; ++task) {
    const T* from = parts.get() + task * rows * padded;
    for (int64_t o = 0; o < out; ++o) {
      for (int64_t c = 0; c < candidates; ++c) sums.normalised[c][o] += from[c * padded + o];
      sums.plain[o] += from[candidates * padded + o];
      sums.input += from[(candidates + 1) * padded + o];
    }
  }
  return sums;
}

// gradient * [the clip lets it through], for a layer of one candidate.
template <typename T>
Buffer<T> ThroughClip(const LayerPlan& plan, const Candidate<T>& candidate, const KeptCandidate<T>& kept,
                      const T* gradient) {
  const int64_t out = plan.size.out, pixels = plan.total_out_pixels();
  Buffer<T> masked(pixels * out);
  ForEachRange("through clip", pixels, [&](int64_t begin, int64_t end, int64_t) HWY_ATTR {
    const ClipLanes<T> clip(candidate.project_norm.clip);
    for (int64_t m = begin; m < end; ++m) {
      for (int64_t at = 0; at < out; at += kLanes<T>) {
        const int64_t there = out - at;
        const Vec<T> v = hn::MulAdd(LoadFirst(kept.z.get() + m * out + at, there),
                                    Load(kept.project_norm.scale.get() + at), Load(kept.project_norm.shift.get() + at));
        StoreFirst(clip.Backward(LoadFirst(gradient + m * out + at, there), v), masked.get() + m * out + at, there);
      }
    }
  });
  return masked;
}

// A batch norm's backward as an affine map: gradient of its input = scale * gradient + slope * input + constant.
template <typename T>
struct NormBackward {
  NormBackward(const NormLanes<T>& norm, double factor, double count, const std::vector<double>& plain,
               const std::vector<double>& normalised) {
    const auto channels = static_cast<int64_t>(plain.size()), padded = Padded<T>(channels);
    scale = Zeros<T>(padded);
    slope = Zeros<T>(padded);
    constant = Zeros<T>(padded);
    for (int64_t c = 0; c < channels; ++c) {
      const double a = factor * norm.scale[c], b = a * normalised[c] / count;
      scale[c] = static_cast<T>(a);
      slope[c] = static_cast<T>(-b * norm.inverse_c[c]);
      constant[c] = static_cast<T>(b * norm.mean_c[c] * norm.inverse_c[c] - a * plain[c] / count);
    }
  }
  Buffer<T> scale, slope, constant;
};

// Sum and second sum (with the normalised value) of a gradient: one row a task, [task][2][channels, padded].
template <typename T>
void AddUpSums(const Buffer<T>& parts, int64_t tasks, int64_t channels, std::vector<double>& plain,
               std::vector<double>& normalised) {
  const int64_t padded = Padded<T>(channels);
  plain.assign(static_cast<size_t>(channels), 0.0);
  normalised.assign(static_cast<size_t>(channels), 0.0);
  for (int64_t task = 0; task < tasks; ++task) {
    const T* from = parts.get() + 2 * task * padded;
    for (int64_t c = 0; c < channels; ++c) {
      plain[c] += from[c];
      normalised[c] += from[padded + c];
    }
  }
}

// One candidate on its way back.
template <typename T>
struct BackwardCall {
  const LayerPlan& plan;
  const Candidate<T>& candidate;
  KeptCandidate<T>& kept;
  const T* x;
  int64_t blocks;  // of `middle`
};

// sums [block][channels][lanes] += rows^T lanes_of: a 1x1 convolution's weights' gradient, from rows [pixel][channels]
// of one side and `count` blocks [block][pixel][lanes] of the other.
template <typename T>
void AddWeightGradient(const T* rows, const T* lanes_of, int64_t pixels, int64_t channels, int64_t count,
                       const typename ThreadSums<T>::Place& sums) {
  auto add = [&]<int kRows, int kBlocks>(int64_t row, int64_t block, Vec<T>(&sum)[kRows][kBlocks]) EPILOGUE_ATTR {
    const bool fresh = sums.fresh;
#pragma GCC unroll 16
    for (int j = 0; j < kBlocks; ++j) {
      T* to = sums.at + ((block + j) * channels + row) * kLanes<T>;
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) {
        Store(fresh ? sum[i][j] : hn::Add(Load(to + i * kLanes<T>), sum[i][j]), to + i * kLanes<T>);
      }
    }
  };
  Multiply(Product<T>{.a = rows,
                      .a_row = 1,
                      .inner = pixels,
                      .a_inner = channels,
                      .b = lanes_of,
                      .b_block = pixels * kLanes<T>,
                      .b_step = kLanes<T>},
           channels, count, add);
}

// rows [pixel][out] = the gradient of z for output pixels first ... first + count - 1.
template <typename T>
void FillProjectGradient(const T* gradient, const T* z, const NormBackward<T>& norm, int64_t out, int64_t first,
                         int64_t count, T* rows) {
  for (int64_t m = 0; m < count; ++m) {
    for (int64_t at = 0; at < out; at += kLanes<T>) {
      const int64_t there = out - at;
      const Vec<T> from_z = hn::MulAdd(LoadFirst(z + (first + m) * out + at, there), Load(norm.slope.get() + at),
                                       Load(norm.constant.get() + at));
      StoreFirst(hn::MulAdd(LoadFirst(gradient + (first + m) * out + at, there), Load(norm.scale.get() + at), from_z),
                 rows + m * out + at, there);
    }
  }
}

// Asks for the rows of [block][pixel][lanes] that the epilogue of the next piece but one reads.
template <typename T>
struct FetchLanes {
  HWY_INLINE void operator()(int64_t row, int64_t rows, int64_t block, int64_t blocks) const {
    for (int64_t j = 0; j < blocks; ++j) {
      const T* next = at + ((block + j) * pixels + row + 2 * rows) * kLanes<T>;
#pragma GCC unroll 16
      for (int64_t i = 0; i < rows; ++i) hwy::Prefetch(next + i * kLanes<T>);
    }
  }
  const T* at;
  int64_t pixels;  // from a block to the next
};

// What becomes of a product that is the gradient behind the activation of d: where the activation lets it through it is
// kept, and its two sums are taken. The activation itself is computed again on the way, where wanted.
template <typename T>
struct LetThrough {
  template <bool kAffine, int kRows, int kBlocks>
  EPILOGUE_ATTR void Take(int64_t row, int64_t first_block, Vec<T> (&gradient)[kRows][kBlocks]) const {
    const ClipLanes<T> bounds = clip;  // a copy, as in FillExpanded()
    Vec<T> plain_sum[kBlocks], normalised_sum[kBlocks], scale[kBlocks], shift[kBlocks];
    const int64_t lane = first_block * kLanes<T>;
    const T* inverse = norm.inverse.get() + channel + lane;
    const T* centre = norm.centre.get() + channel + lane;
    const T* from[kBlocks];
    T* keep[kBlocks];
    T* active[kBlocks];
#pragma GCC unroll 16
    for (int j = 0; j < kBlocks; ++j) {
      const int64_t at = lane + j * kLanes<T>;
      scale[j] = Load(norm.scale.get() + channel + at);
      shift[j] = Load(norm.shift.get() + channel + at);
      plain_sum[j] = Load(plain + at);
      normalised_sum[j] = Load(normalised + at);
      from[j] = d + (first_block + j) * block + row * kLanes<T>;
      keep[j] = let_through + (first_block + j) * block + row * kLanes<T>;
      active[j] = activated ? activated + (first_block + j) * activated_block + row * kLanes<T> : nullptr;
    }
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 16
      for (int j = 0; j < kBlocks; ++j) {
        const Vec<T> value = Load(from[j] + i * kLanes<T>);
        const Vec<T> v = hn::MulAdd(value, scale[j], shift[j]);
        const Vec<T> g = bounds.Backward(gradient[i][j], v);
        Vec<T> normalised_value = v;
        if constexpr (kAffine) {
          normalised_value = hn::MulAdd(value, Load(inverse + j * kLanes<T>), Load(centre + j * kLanes<T>));
        }
        plain_sum[j] = hn::Add(plain_sum[j], g);
        normalised_sum[j] = hn::MulAdd(g, normalised_value, normalised_sum[j]);
        Store(g, keep[j] + i * kLanes<T>);
        if (active[0]) Store(bounds.Apply(v), active[j] + i * kLanes<T>);
      }
    }
#pragma GCC unroll 16
    for (int j = 0; j < kBlocks; ++j) {
      Store(plain_sum[j], plain + lane + j * kLanes<T>);
      Store(normalised_sum[j], normalised + lane + j * kLanes<T>);
    }
  }

  ClipLanes<T> clip;
  const NormLanes<T>& norm;  // of d
  int64_t channel;           // of the first block
  const T* d;                // [block][pixel][lanes], blocks `block` apart; so is let_through
  T* let_through;
  int64_t block;
  T* activated;  // null: not wanted
  int64_t activated_block;
  T *plain, *normalised;  // [block][lanes]: sums of what is let through, plain and times the normalised d
};

// Through the projection: `behind` [group][block][pixel][lanes] = the gradient that the activation behind the depthwise
// norm lets through; its sums, one row a task; where wanted, the gradient of `project`, a block [out][lanes].
template <typename T>
void BackwardProject(const BackwardCall<T>& call, const T* gradient, const NormBackward<T>& norm_backward, T* behind,
                     T* sums, ThreadSums<T>& project_gradient) {
  const LayerPlan& plan = call.plan;
  const int64_t out = plan.size.out, blocks = call.blocks;
  const ColumnBlocks<T> project(call.candidate.project, out, call.candidate.middle, /*pad_rows=*/false, nullptr);
  const ClipLanes<T> clip(call.candidate.depthwise_norm.clip);
  const NormLanes<T>& norm = call.kept.depthwise_norm;
  const bool affine = call.candidate.depthwise_norm.weight != nullptr || call.candidate.depthwise_norm.bias != nullptr;
  const Passes passes(blocks, plan.tasks());
  const int64_t splits = Splits(plan.tasks(), passes);
  ForEachRange("backward project", plan.tasks() * splits, [&](int64_t begin, int64_t end, int64_t thread) HWY_ATTR {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t part = task / splits, split = task % splits;
      const Band band = plan.BandOf(part);
      const int64_t group_first = band.out_begin * plan.out_width;
      const int64_t pixels = plan.group_images * (band.out_end - band.out_begin) * plan.out_width;
      const int64_t first_pixel = band.group * plan.out_pixels + group_first;
      T* activated = Scratch<T>(0, kPassBlocks * pixels * kLanes<T>);
      T* rows = Scratch<T>(1, pixels * out + kLanes<T>);
      FillProjectGradient(gradient, call.kept.z.get(), norm_backward, out, first_pixel, pixels, rows);
      for (int64_t pass = passes.count * split / splits; pass < passes.count * (split + 1) / splits; ++pass) {
        const int64_t first = passes.Begin(pass), count = passes.Begin(pass + 1) - first;
        const int64_t start = ((band.group * blocks + first) * plan.out_pixels + group_first) * kLanes<T>;
        const T* d = call.kept.d.get() + start;
        T* plain = sums + 2 * part * blocks * kLanes<T> + first * kLanes<T>;
        T* normalised = plain + blocks * kLanes<T>;
        std::fill_n(plain, count * kLanes<T>, T(0));
        std::fill_n(normalised, count * kLanes<T>, T(0));
        const LetThrough<T> through{.clip = clip,
                                    .norm = norm,
                                    .channel = first * kLanes<T>,
                                    .d = d,
                                    .let_through = behind + start,
                                    .block = plan.out_pixels * kLanes<T>,
                                    .activated = project_gradient.wanted() ? activated : nullptr,
                                    .activated_block = pixels * kLanes<T>,
                                    .plain = plain,
                                    .normalised = normalised};
        const Product<T> product{.a = rows,
                                 .a_row = out,
                                 .inner = out,
                                 .b = project.at + first * kLanes<T>,
                                 .b_block = kLanes<T>,
                                 .b_step = project.row};
        const FetchLanes<T> fetch{d, plan.out_pixels};
        const auto multiply = [&]<bool kAffine>() HWY_ATTR {
          auto take = [&]<int kRows, int kBlocks>(int64_t row, int64_t block, Vec<T>(&sum)[kRows][kBlocks])
                          EPILOGUE_ATTR { through.template Take<kAffine>(row, block, sum); };
          Multiply(product, pixels, count, take, fetch);
        };
        if (affine) {
          multiply.template operator()<true>();
        } else {
          multiply.template operator()<false>();
        }
        if (!project_gradient.wanted()) continue;
        AddWeightGradient(rows, activated, pixels, out, count, project_gradient.Take(thread, first, count));
      }
    }
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace danas::kernels
HWY_AFTER_NAMESPACE();
#endif
