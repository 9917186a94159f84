// Backward from the output to what the activation behind the depthwise convolution lets through (docs/fused-layers.md,
// section 4: output, projection).
#include <algorithm>
#include <cstdint>
#include <vector>

#include "danas/kernels/parallel.h"
#include "hwy/highway.h"
#include "src/kernels/buffer.h"
#include "src/kernels/plan.h"
#include "src/kernels/state.h"

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

template <typename T>
OutputSums SumOutputs(const LayerPlan& plan, const std::vector<KeptCandidate<T>>& kept, const T* gradient, const T* x) {
  constexpr int64_t kAtOnce = 4;         // candidates whose sums stay in registers
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
        for (int64_t from = 0; from < candidates; from += kAtOnce) {
          const int64_t count = std::min(kAtOnce, candidates - from);
          Vec<T> sums[kAtOnce] = {Zero<T>(), Zero<T>(), Zero<T>(), Zero<T>()};
          for (int64_t m = first; m < last; ++m) {
            const Vec<T> g = LoadFirst(gradient + m * out + at, there);
            for (int64_t c = 0; c < count; ++c) {
              const KeptCandidate<T>& candidate = kept[from + c];
              const Vec<T> normalised = hn::MulAdd(LoadFirst(candidate.z.get() + m * out + at, there),
                                                   Load(candidate.project_norm.inverse.get() + at),
                                                   Load(candidate.project_norm.centre.get() + at));
              sums[c] = hn::MulAdd(g, normalised, sums[c]);
            }
          }
          for (int64_t c = 0; c < count; ++c) Store(sums[c], to + (from + c) * padded);
        }
        Vec<T> plain = Zero<T>(), input = Zero<T>();
        for (int64_t m = first; m < last; ++m) {
          const Vec<T> g = LoadFirst(gradient + m * out + at, there);
          plain = hn::Add(plain, g);
          if (x) input = hn::MulAdd(g, LoadFirst(x + m * out + at, there), input);
        }
        Store(plain, to + candidates * padded);
        Store(input, to + (candidates + 1) * padded);
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
    const Vec<T> weight = Set(static_cast<T>(candidate.weight));
    for (int64_t m = begin; m < end; ++m) {
      for (int64_t at = 0; at < out; at += kLanes<T>) {
        const int64_t there = out - at;
        const Vec<T> v = hn::MulAdd(LoadFirst(kept.z.get() + m * out + at, there),
                                    hn::Mul(weight, Load(kept.project_norm.scale.get() + at)),
                                    hn::Mul(weight, Load(kept.project_norm.shift.get() + at)));
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
void AddWeightGradient(const T* rows, const T* lanes_of, int64_t pixels, int64_t channels, int64_t count, T* sums) {
  auto add = [&]<int kRows, int kBlocks>(int64_t row, int64_t block, Vec<T>(&sum)[kRows][kBlocks]) EPILOGUE_ATTR {
#pragma GCC unroll 16
    for (int j = 0; j < kBlocks; ++j) {
      T* to = sums + ((block + j) * channels + row) * kLanes<T>;
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) Store(hn::Add(Load(to + i * kLanes<T>), sum[i][j]), to + i * kLanes<T>);
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

// Through the projection: where kept, `behind` [group][block][pixel][lanes] = the gradient that the activation behind
// the depthwise norm lets through; its sums, one row a task; the gradient of `project`, [thread][block][out][lanes].
// z_gradient is filled where `behind` is null.
template <typename T>
void BackwardProject(const BackwardCall<T>& call, const T* gradient, const NormBackward<T>& norm_backward,
                     T* z_gradient, T* behind, T* sums, T* project_gradient) {
  const LayerPlan& plan = call.plan;
  const int64_t out = plan.size.out, blocks = call.blocks;
  const ColumnBlocks<T> project(call.candidate.project, out, call.candidate.middle, /*pad_rows=*/false, nullptr);
  const ClipLanes<T> clip(call.candidate.depthwise_norm.clip);
  const NormLanes<T>& norm = call.kept.depthwise_norm;
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
      T* rows = behind || split > 0 ? Scratch<T>(1, pixels * out + kLanes<T>) : z_gradient + first_pixel * out;
      FillProjectGradient(gradient, call.kept.z.get(), norm_backward, out, first_pixel, pixels, rows);
      for (int64_t pass = passes.count * split / splits; pass < passes.count * (split + 1) / splits; ++pass) {
        const int64_t first = passes.Begin(pass), count = passes.Begin(pass + 1) - first;
        const int64_t start = ((band.group * blocks + first) * plan.out_pixels + group_first) * kLanes<T>;
        const T* d = call.kept.d.get() + start;
        T* let_through = behind ? behind + start : nullptr;
        T* plain = sums + 2 * part * blocks * kLanes<T> + first * kLanes<T>;
        T* normalised = plain + blocks * kLanes<T>;
        std::fill_n(plain, count * kLanes<T>, T(0));
        std::fill_n(normalised, count * kLanes<T>, T(0));
        auto take = [&]<int kRows, int kBlocks>(int64_t row, int64_t block,
                                                Vec<T>(&sum)[kRows][kBlocks]) EPILOGUE_ATTR {
#pragma GCC unroll 16
          for (int j = 0; j < kBlocks; ++j) {
            const int64_t lane = (block + j) * kLanes<T>, channel = first * kLanes<T> + lane;
            const Vec<T> scale = Load(norm.scale.get() + channel), shift = Load(norm.shift.get() + channel);
            const Vec<T> inverse = Load(norm.inverse.get() + channel), centre = Load(norm.centre.get() + channel);
            Vec<T> plain_sum = Load(plain + lane), normalised_sum = Load(normalised + lane);
            const int64_t in_block = ((block + j) * plan.out_pixels + row) * kLanes<T>;
            // Copies, as in FillExpanded().
            const ClipLanes<T> bounds = clip;
            const T* from = d + in_block;
            T* active = project_gradient ? activated + ((block + j) * pixels + row) * kLanes<T> : nullptr;
            T* keep = let_through ? let_through + in_block : nullptr;
#pragma GCC unroll 16
            for (int i = 0; i < kRows; ++i) {
              const Vec<T> value = Load(from + i * kLanes<T>);
              const Vec<T> v = hn::MulAdd(value, scale, shift);
              const Vec<T> g = bounds.Backward(sum[i][j], v);
              plain_sum = hn::Add(plain_sum, g);
              normalised_sum = hn::MulAdd(g, hn::MulAdd(value, inverse, centre), normalised_sum);
              if (active) Store(bounds.Apply(v), active + i * kLanes<T>);
              if (keep) Store(g, keep + i * kLanes<T>);
            }
            Store(plain_sum, plain + lane);
            Store(normalised_sum, normalised + lane);
          }
        };
        Multiply(Product<T>{.a = rows,
                            .a_row = out,
                            .inner = out,
                            .b = project.at + first * kLanes<T>,
                            .b_block = kLanes<T>,
                            .b_step = project.row},
                 pixels, count, take);
        if (project_gradient == nullptr) continue;
        AddWeightGradient(rows, activated, pixels, out, count,
                          project_gradient + (thread * blocks + first) * out * kLanes<T>);
      }
    }
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace danas::kernels
HWY_AFTER_NAMESPACE();
#endif
