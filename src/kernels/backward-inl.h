// The passes of a layer's backward (docs/fused-layers.md, section 4): sums of the output's gradient, then through the
// projection, then through depthwise convolution and expansion, then what the expansions' norms add.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "danas/kernels/parallel.h"
#include "hwy/highway.h"
#include "src/kernels/buffer.h"
#include "src/kernels/plan.h"
#include "src/kernels/state.h"

#if defined(DANAS_KERNELS_BACKWARD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DANAS_KERNELS_BACKWARD_INL_H_
#undef DANAS_KERNELS_BACKWARD_INL_H_
#else
#define DANAS_KERNELS_BACKWARD_INL_H_
#endif

#include "src/kernels/depthwise-inl.h"
#include "src/kernels/forward-inl.h"
#include "src/kernels/matmul-inl.h"
#include "src/kernels/moments-inl.h"
#include "src/kernels/pack-inl.h"
#include "src/kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace danas::kernels {
namespace HWY_NAMESPACE {

// Tasks are cut further by channels where there are fewer than threads.
inline int64_t Splits(int64_t tasks, const Passes& passes) {
  return std::clamp<int64_t>((Threads() + tasks - 1) / tasks, 1, passes.count);
}

// What sums over the output give: `plain` = sum of the gradient, `normalised`[c] = sum of gradient * normalised z_c.
struct OutputSums {
  std::vector<double> plain;
  std::vector<std::vector<double>> normalised;
  double input = 0;  // sum of gradient * x, where the layer keeps its shape
};

template <typename T>
OutputSums SumOutputs(const LayerPlan& plan, const std::vector<KeptCandidate<T>>& kept, const T* gradient, const T* x) {
  constexpr int64_t kAtOnce = 4;  // candidates whose sums stay in registers
  const int64_t out = plan.size.out, padded = Padded<T>(out), candidates = static_cast<int64_t>(kept.size());
  const int64_t rows = candidates + 2;
  Buffer<T> parts(plan.groups * rows * padded);
  ForEachRange(plan.groups, [&](int64_t begin, int64_t end, int64_t) HWY_ATTR {
    for (int64_t group = begin; group < end; ++group) {
      for (int64_t at = 0; at < out; at += kLanes<T>) {
        const int64_t there = out - at, first = group * plan.out_pixels;
        T* to = parts.get() + group * rows * padded + at;
        for (int64_t from = 0; from < candidates; from += kAtOnce) {
          const int64_t count = std::min(kAtOnce, candidates - from);
          Vec<T> sums[kAtOnce] = {Zero<T>(), Zero<T>(), Zero<T>(), Zero<T>()};
          for (int64_t m = first; m < first + plan.out_pixels; ++m) {
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
        for (int64_t m = first; m < first + plan.out_pixels; ++m) {
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
  for (int64_t group = 0; group < plan.groups; ++group) {
    const T* from = parts.get() + group * rows * padded;
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
  ForEachRange(pixels, [&](int64_t begin, int64_t end, int64_t) HWY_ATTR {
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
  const Passes passes(blocks);
  const int64_t splits = Splits(plan.tasks(), passes);
  ForEachRange(plan.tasks() * splits, [&](int64_t begin, int64_t end, int64_t thread) HWY_ATTR {
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
        T* to = project_gradient + (thread * blocks + first) * out * kLanes<T>;
        auto add = [&]<int kRows, int kBlocks>(int64_t row, int64_t block, Vec<T>(&sum)[kRows][kBlocks]) EPILOGUE_ATTR {
#pragma GCC unroll 16
          for (int j = 0; j < kBlocks; ++j) {
#pragma GCC unroll 16
            for (int i = 0; i < kRows; ++i) {
              T* at = to + ((block + j) * out + row + i) * kLanes<T>;
              Store(hn::Add(Load(at), sum[i][j]), at);
            }
          }
        };
        Multiply(Product<T>{.a = rows,
                            .a_row = 1,
                            .inner = pixels,
                            .a_inner = out,
                            .b = activated,
                            .b_block = pixels * kLanes<T>,
                            .b_step = kLanes<T>},
                 out, count, add);
      }
    }
  });
}

// x_gradient [pixel][in] += u_gradient expand, for `count` blocks [block][pixel][lanes] from channel block `first` on.
template <typename T>
void AddExpandInputGradient(const ColumnBlocks<T>& expand, const T* u_gradient, int64_t pixels, int64_t in,
                            int64_t first, int64_t count, T* x_gradient) {
  auto add = [&]<int kRows, int kBlocks>(int64_t row, int64_t block, Vec<T>(&sum)[kRows][kBlocks]) EPILOGUE_ATTR {
#pragma GCC unroll 16
    for (int j = 0; j < kBlocks; ++j) {
      const int64_t at = (block + j) * kLanes<T>, stride = in, there = in - at;
      T* rows = x_gradient + row * stride + at;
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) {
        T* to = rows + i * stride;
        StoreFirst(hn::Add(LoadFirst(to, there), sum[i][j]), to, there);
      }
    }
  };
  Multiply(Product<T>{.a = u_gradient,
                      .a_row = kLanes<T>,
                      .outer = count,
                      .a_outer = pixels * kLanes<T>,
                      .inner = kLanes<T>,
                      .b = expand.at + first * kLanes<T> * expand.row,
                      .b_block = kLanes<T>,
                      .b_step = expand.row},
           pixels, BlocksOf<T>(in), add);
}

// sums [block][in][lanes] += x^T u_gradient.
template <typename T>
void AddExpandWeightGradient(const T* x, const T* u_gradient, int64_t pixels, int64_t in, int64_t count, T* sums) {
  auto add = [&]<int kRows, int kBlocks>(int64_t row, int64_t block, Vec<T>(&sum)[kRows][kBlocks]) EPILOGUE_ATTR {
#pragma GCC unroll 16
    for (int j = 0; j < kBlocks; ++j) {
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) {
        T* at = sums + ((block + j) * in + row + i) * kLanes<T>;
        Store(hn::Add(Load(at), sum[i][j]), at);
      }
    }
  };
  Multiply(Product<T>{.a = x,
                      .a_row = 1,
                      .inner = pixels,
                      .a_inner = in,
                      .b = u_gradient,
                      .b_block = pixels * kLanes<T>,
                      .b_step = kLanes<T>},
           in, count, add);
}

// Where BackwardInput() writes. Weight sums have one part a thread.
template <typename T>
struct InputGradients {
  T* x;  // [pixel][in]; added to, or set where `first`
  bool first;
  T* sums;       // [task][2][middle, padded]: of the gradient before the expansion's activation
  T* expand;     // [thread][block][in][lanes] or null
  T* depthwise;  // [thread][block][taps][lanes] or null
};

// tiles [block][padded rows] = the gradient of d, from what the activation behind it lets through.
template <typename T>
void FillDepthwiseGradient(const BackwardCall<T>& call, const NormBackward<T>& norm_backward, const Band& band,
                           const PaddedRows& rows, const std::vector<int32_t>& offsets, const T* z_gradient,
                           const ColumnBlocks<T>& project, const T* behind, int64_t first, int64_t count, T* tiles) {
  const LayerPlan& plan = call.plan;
  const int64_t out = plan.size.out, pixels = rows.real_pixels(), tile = rows.size();
  const int64_t group_first = rows.real_begin * plan.out_width;
  const int64_t start = ((band.group * call.blocks + first) * plan.out_pixels + group_first) * kLanes<T>;
  const T* d = call.kept.d.get() + start;
  if (behind) {
    for (int64_t j = 0; j < count; ++j) {
      const int64_t channel = (first + j) * kLanes<T>, block = j * plan.out_pixels * kLanes<T>;
      const Vec<T> scale = Load(norm_backward.scale.get() + channel), slope = Load(norm_backward.slope.get() + channel);
      const Vec<T> constant = Load(norm_backward.constant.get() + channel);
      for (int64_t m = 0; m < pixels; ++m) {
        const int64_t at = block + m * kLanes<T>;
        const Vec<T> rest = hn::MulAdd(Load(d + at), slope, constant);
        Store(hn::MulAdd(Load(behind + start + at), scale, rest), tiles + j * tile + offsets[m]);
      }
    }
    return;
  }
  const NormLanes<T>& norm = call.kept.depthwise_norm;
  const ClipLanes<T> clip(call.candidate.depthwise_norm.clip);
  auto store = [&]<int kRows, int kBlocks>(int64_t row, int64_t block, Vec<T>(&sum)[kRows][kBlocks]) EPILOGUE_ATTR {
#pragma GCC unroll 16
    for (int j = 0; j < kBlocks; ++j) {
      const int64_t channel = (first + block + j) * kLanes<T>;
      const Vec<T> scale = Load(norm.scale.get() + channel), shift = Load(norm.shift.get() + channel);
      const Vec<T> factor = Load(norm_backward.scale.get() + channel);
      const Vec<T> slope = Load(norm_backward.slope.get() + channel);
      const Vec<T> constant = Load(norm_backward.constant.get() + channel);
      const T* from = d + ((block + j) * plan.out_pixels + row) * kLanes<T>;
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) {
        const Vec<T> value = Load(from + i * kLanes<T>);
        const Vec<T> g = clip.Backward(sum[i][j], hn::MulAdd(value, scale, shift));
        const Vec<T> rest = hn::MulAdd(value, slope, constant);
        Store(hn::MulAdd(g, factor, rest), tiles + (block + j) * tile + offsets[row + i]);
      }
    }
  };
  Multiply(Product<T>{.a = z_gradient + (band.group * plan.out_pixels + group_first) * out,
                      .a_row = out,
                      .inner = out,
                      .b = project.at + first * kLanes<T>,
                      .b_block = kLanes<T>,
                      .b_step = project.row},
           pixels, count, store);
}

// Through depthwise convolution, activation and expansion, but for what the expansion's norm adds.
template <typename T, int kKernel, int kStride>
void BackwardInput(const BackwardCall<T>& call, const NormBackward<T>& norm_backward, const T* z_gradient,
                   const T* behind, const ColumnBlocks<T>& expand, bool scale_u, const InputGradients<T>& to) {
  constexpr int64_t kWaiting = 65536, kTaps = kKernel * kKernel;  // elements of u's gradient that wait for one product
  const LayerPlan& plan = call.plan;
  const int64_t in = plan.size.in, blocks = call.blocks, width = plan.size.width;
  const bool expands = call.candidate.expand != nullptr;
  const ColumnBlocks<T> project(call.candidate.project, plan.size.out, call.candidate.middle, /*pad_rows=*/false,
                                nullptr);
  const ClipLanes<T> clip(call.candidate.expand_norm.clip);
  const Passes passes(blocks);
  const int64_t splits = Splits(plan.tasks(), passes), x_elements = plan.total_in_pixels() * in;
  Buffer<T> flipped(blocks * kTaps * kLanes<T>);
  for (int64_t block = 0; block < blocks; ++block) {
    for (int64_t tap = 0; tap < kTaps; ++tap) {
      std::copy_n(call.kept.depthwise.get() + (block * kTaps + kTaps - 1 - tap) * kLanes<T>, kLanes<T>,
                  flipped.get() + (block * kTaps + tap) * kLanes<T>);
    }
  }
  Buffer<T> x_parts((splits - 1) * x_elements);  // splits after the first have a gradient of x of their own
  ForEachRange(plan.tasks() * splits, [&](int64_t begin, int64_t end, int64_t thread) HWY_ATTR {
    std::vector<int32_t> in_offsets, out_offsets;
    for (int64_t task = begin; task < end; ++task) {
      const int64_t part = task / splits, split = task % splits;
      const Band band = plan.BandOf(part);
      const PaddedRows in_rows = InputRows(plan, band, kKernel, kLanes<T>);
      const PaddedRows out_rows = GradientRows(plan, band, kKernel, kLanes<T>);
      const int64_t own_rows = band.in_end - band.in_begin, own_pixels = plan.group_images * own_rows * width;
      const int64_t own_first = (band.group * plan.in_pixels + band.in_begin * width) * in;
      T* in_tiles = Scratch<T>(0, kPassBlocks * in_rows.size());
      T* out_tiles = Scratch<T>(1, kPassBlocks * out_rows.size());
      const int64_t waiting =
          std::max(kPassBlocks * own_pixels * kLanes<T>, std::min(blocks * own_pixels * kLanes<T>, kWaiting));
      T* u_gradient = Scratch<T>(2, waiting);
      for (int64_t j = 0; j < kPassBlocks; ++j) {
        in_rows.ZeroPadding(in_tiles + j * in_rows.size());
        out_rows.ZeroPadding(out_tiles + j * out_rows.size());
      }
      in_rows.Offsets(in_offsets);
      out_rows.Offsets(out_offsets);
      T* x_gradient = (split == 0 ? to.x : x_parts.get() + (split - 1) * x_elements) + own_first;
      if (to.first || split > 0) std::fill_n(x_gradient, own_pixels * in, T(0));

      const int64_t last_pass = passes.count * (split + 1) / splits;
      int64_t waits = passes.Begin(passes.count * split / splits);  // first block whose gradient of u waits
      for (int64_t pass = passes.count * split / splits; pass < last_pass; ++pass) {
        const int64_t first = passes.Begin(pass), last = passes.Begin(pass + 1);
        if (expands || to.depthwise) {
          const ExpandCall<T> expand_call{call.x, in, call.candidate, call.kept.expand.get(), call.kept.expand_norm};
          FillExpanded(plan, band, in_rows, in_offsets, expand_call, first, last - first, in_tiles);
        }
        FillDepthwiseGradient(call, norm_backward, band, out_rows, out_offsets, z_gradient, project, behind, first,
                              last - first, out_tiles);
        for (int64_t block = first; block < last; ++block) {
          Vec<T> plain = Zero<T>(), weighted = Zero<T>();
          const Vec<T> factor =
              expands && scale_u ? Load(call.kept.expand_norm.scale.get() + block * kLanes<T>) : Set(T(1));
          for (int64_t image = 0; image < plan.group_images; ++image) {
            const T* in_tile = in_tiles + (block - first) * in_rows.size() + image * in_rows.image_stride();
            const T* out_tile = out_tiles + (block - first) * out_rows.size();
            const T* own_gradient = out_tile + out_rows.At(image, band.out_begin, 0);
            if (to.depthwise) {
              AddDepthwiseWeightGradient<T, kKernel, kStride>(
                  in_tile, in_rows.row_stride(), own_gradient, out_rows.row_stride(), band.out_end - band.out_begin,
                  plan.out_width, to.depthwise + (thread * blocks + block) * kTaps * kLanes<T>);
            }
            const T* own_in = in_tiles + (block - first) * in_rows.size() + in_rows.At(image, band.in_begin, 0);
            T* u_rows = u_gradient + ((block - waits) * own_pixels + image * own_rows * width) * kLanes<T>;
            T* x_rows = x_gradient + image * own_rows * width * in + block * kLanes<T>;
            auto behind_activation = [&]<int kColumns>(int64_t row, int64_t column, int64_t step,
                                                       Vec<T>(&sum)[kColumns]) EPILOGUE_ATTR {
#pragma GCC unroll 16
              for (int j = 0; j < kColumns; ++j) {
                const int64_t at = column + j * step;
                const Vec<T> activated = Load(own_in + row * in_rows.row_stride() + at * kLanes<T>);
                const Vec<T> g = clip.Backward(sum[j], activated);
                plain = hn::Add(plain, g);
                weighted = hn::MulAdd(g, activated, weighted);
                Store(hn::Mul(g, factor), u_rows + (row * width + at) * kLanes<T>);
              }
            };
            auto to_input = [&]<int kColumns>(int64_t row, int64_t column, int64_t step, Vec<T>(&sum)[kColumns])
                                EPILOGUE_ATTR {
#pragma GCC unroll 16
                                  for (int j = 0; j < kColumns; ++j) {
                                    T* at = x_rows + (row * width + column + j * step) * in;
                                    const int64_t there = in - block * kLanes<T>;
                                    StoreFirst(hn::Add(LoadFirst(at, there), sum[j]), at, there);
                                  }
                                };
            const auto transposed = [&](auto& epilogue) HWY_ATTR {
              if constexpr (kStride == 1) {
                Depthwise<T, kKernel, 1>(out_tile + image * out_rows.image_stride(), out_rows.row_stride(),
                                         flipped.get() + block * kTaps * kLanes<T>, own_rows, width, epilogue);
              } else {
                DepthwiseTransposed2<T, kKernel>(own_gradient, out_rows.row_stride(),
                                                 call.kept.depthwise.get() + block * kTaps * kLanes<T>, own_rows, width,
                                                 epilogue);
              }
            };
            if (expands) {
              transposed(behind_activation);
            } else {
              transposed(to_input);
            }
          }
          T* sums = to.sums + 2 * part * blocks * kLanes<T> + block * kLanes<T>;
          Store(plain, sums);
          Store(weighted, sums + blocks * kLanes<T>);
        }
        if (!expands) continue;
        if (to.expand) {
          AddExpandWeightGradient(call.x + own_first, u_gradient + (first - waits) * own_pixels * kLanes<T>, own_pixels,
                                  in, last - first, to.expand + (thread * blocks + first) * in * kLanes<T>);
        }
        const bool full = pass + 1 < last_pass && (passes.Begin(pass + 2) - waits) * own_pixels * kLanes<T> > waiting;
        if (pass + 1 == last_pass || full) {
          AddExpandInputGradient(expand, u_gradient, own_pixels, in, waits, last - waits, x_gradient);
          waits = last;
        }
      }
    }
  });
  if (splits == 1) return;
  ForEachRange((x_elements + kLanes<T> - 1) / kLanes<T>, [&](int64_t begin, int64_t end, int64_t) HWY_ATTR {
    for (int64_t i = begin * kLanes<T>; i < std::min(x_elements, end * kLanes<T>); i += kLanes<T>) {
      Vec<T> sum = LoadFirst(to.x + i, x_elements - i);
      for (int64_t s = 0; s + 1 < splits; ++s) {
        sum = hn::Add(sum, LoadFirst(x_parts.get() + s * x_elements + i, x_elements - i));
      }
      StoreFirst(sum, to.x + i, x_elements - i);
    }
  });
}

template <typename T>
void BackwardInputOf(const BackwardCall<T>& call, const NormBackward<T>& norm_backward, const T* z_gradient,
                     const T* behind, const ColumnBlocks<T>& expand, bool scale_u, const InputGradients<T>& to) {
  const bool strided = call.plan.size.stride == 2;
  switch (call.candidate.kernel) {
    case 3:
      return strided ? BackwardInput<T, 3, 2>(call, norm_backward, z_gradient, behind, expand, scale_u, to)
                     : BackwardInput<T, 3, 1>(call, norm_backward, z_gradient, behind, expand, scale_u, to);
    case 5:
      return strided ? BackwardInput<T, 5, 2>(call, norm_backward, z_gradient, behind, expand, scale_u, to)
                     : BackwardInput<T, 5, 1>(call, norm_backward, z_gradient, behind, expand, scale_u, to);
    default:
      return strided ? BackwardInput<T, 7, 2>(call, norm_backward, z_gradient, behind, expand, scale_u, to)
                     : BackwardInput<T, 7, 1>(call, norm_backward, z_gradient, behind, expand, scale_u, to);
  }
}

// Few pixels: what the expansion's norm adds, by computing u again: its gradient is -(first_c + second_c * normalised
// u).
template <typename T>
void BackwardExpandDirect(const BackwardCall<T>& call, const ColumnBlocks<T>& expand, const T* first_c,
                          const T* second_c, T* x_gradient, T* expand_gradient) {
  const LayerPlan& plan = call.plan;
  const int64_t in = plan.size.in, pixels = plan.in_pixels;
  const NormLanes<T>& norm = call.kept.expand_norm;
  const Passes passes(call.blocks);
  ForEachRange(plan.groups, [&](int64_t begin, int64_t end, int64_t thread) HWY_ATTR {
    T* u_gradient = Scratch<T>(2, kPassBlocks * pixels * kLanes<T>);
    for (int64_t group = begin; group < end; ++group) {
      const T* x = call.x + group * pixels * in;
      for (int64_t pass = 0; pass < passes.count; ++pass) {
        const int64_t first = passes.Begin(pass), count = passes.Begin(pass + 1) - first;
        auto store = [&]<int kRows, int kBlocks>(int64_t row, int64_t block,
                                                 Vec<T>(&sum)[kRows][kBlocks]) EPILOGUE_ATTR {
          for (int j = 0; j < kBlocks; ++j) {
            const int64_t channel = (first + block + j) * kLanes<T>;
            const Vec<T> inverse = Load(norm.inverse.get() + channel), centre = Load(norm.centre.get() + channel);
            const Vec<T> a = Load(first_c + channel), b = Load(second_c + channel);
            for (int i = 0; i < kRows; ++i) {
              const Vec<T> normalised = hn::MulAdd(sum[i][j], inverse, centre);
              Store(hn::Neg(hn::MulAdd(normalised, b, a)), u_gradient + ((block + j) * pixels + row + i) * kLanes<T>);
            }
          }
        };
        Multiply(Product<T>{.a = x,
                            .a_row = in,
                            .inner = in,
                            .b = call.kept.expand.get() + first * in * kLanes<T>,
                            .b_block = in * kLanes<T>,
                            .b_step = kLanes<T>},
                 pixels, count, store);
        AddExpandInputGradient(expand, u_gradient, pixels, in, first, count, x_gradient + group * pixels * in);
        if (expand_gradient == nullptr) continue;
        AddExpandWeightGradient(x, u_gradient, pixels, in, count,
                                expand_gradient + (thread * call.blocks + first) * in * kLanes<T>);
      }
    }
  });
}

// x_gradient += x negated + constant + shortcut * gradient: what the norms of all expansions add, and the shortcut.
template <typename T>
void AddInputCorrection(const LayerPlan& plan, const T* x, const T* negated, const T* constant, double shortcut,
                        const T* gradient, T* x_gradient) {
  constexpr int64_t kPixels = 256;
  const int64_t in = plan.size.in, pixels = plan.total_in_pixels();
  const Vec<T> factor = Set(static_cast<T>(shortcut));
  ForEachRange((pixels + kPixels - 1) / kPixels, [&](int64_t begin, int64_t end, int64_t) HWY_ATTR {
    const int64_t first = begin * kPixels, last = std::min(pixels, end * kPixels);
    auto add = [&]<int kRows, int kBlocks>(int64_t row, int64_t block, Vec<T>(&sum)[kRows][kBlocks]) EPILOGUE_ATTR {
#pragma GCC unroll 16
      for (int j = 0; j < kBlocks; ++j) {
        const int64_t lane = (block + j) * kLanes<T>, there = in - lane;
#pragma GCC unroll 16
        for (int i = 0; i < kRows; ++i) {
          const int64_t at = (first + row + i) * in + lane;
          Vec<T> value = hn::Add(LoadFirst(x_gradient + at, there), sum[i][j]);
          if (shortcut != 0) value = hn::MulAdd(LoadFirst(gradient + at, there), factor, value);
          StoreFirst(value, x_gradient + at, there);
        }
      }
    };
    Multiply(Product<T>{.a = x + first * in,
                        .a_row = in,
                        .inner = in,
                        .b = negated,
                        .b_block = in * kLanes<T>,
                        .b_step = kLanes<T>,
                        .bias = constant},
             last - first, BlocksOf<T>(in), add);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace danas::kernels
HWY_AFTER_NAMESPACE();
#endif
