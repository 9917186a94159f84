// Backward through depthwise convolution and expansion to the input (docs/fused-layers.md, section 4: depthwise and
// expansion; the norm of u).
#include <algorithm>
#include <cstdint>
#include <vector>

#include "danas/kernels/parallel.h"
#include "hwy/highway.h"
#include "src/kernels/buffer.h"
#include "src/kernels/plan.h"
#include "src/kernels/state.h"

#if defined(DANAS_KERNELS_BACKWARD_INPUT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DANAS_KERNELS_BACKWARD_INPUT_INL_H_
#undef DANAS_KERNELS_BACKWARD_INPUT_INL_H_
#else
#define DANAS_KERNELS_BACKWARD_INPUT_INL_H_
#endif

#include "src/kernels/backward_project-inl.h"
#include "src/kernels/depthwise-inl.h"
#include "src/kernels/forward-inl.h"
#include "src/kernels/matmul-inl.h"
#include "src/kernels/pack-inl.h"
#include "src/kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace danas::kernels {
namespace HWY_NAMESPACE {

// The gradient of u for `count` blocks of its channels from `first` on: [block][pixel][lanes], blocks `pixels` apart.
template <typename T>
struct ExpandedGradient {
  const T* at;
  int64_t pixels;
  int64_t first, count;
};

// x_gradient [pixel][in] += u_gradient expand, for the first `pixels` pixels and the input's blocks in_first ...
// in_last - 1.
template <typename T>
void AddExpandInputGradient(const ColumnBlocks<T>& expand, const ExpandedGradient<T>& u_gradient, int64_t pixels,
                            int64_t in, int64_t in_first, int64_t in_last, T* x_gradient) {
  auto add = [&]<int kRows, int kBlocks>(int64_t row, int64_t block, Vec<T>(&sum)[kRows][kBlocks]) EPILOGUE_ATTR {
#pragma GCC unroll 16
    for (int j = 0; j < kBlocks; ++j) {
      const int64_t at = (in_first + block + j) * kLanes<T>, stride = in, there = in - at;
      T* rows = x_gradient + row * stride + at;
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) {
        T* to = rows + i * stride;
        StoreFirst(hn::Add(LoadFirst(to, there), sum[i][j]), to, there);
      }
    }
  };
  Multiply(Product<T>{.a = u_gradient.at,
                      .a_row = kLanes<T>,
                      .outer = u_gradient.count,
                      .a_outer = u_gradient.pixels * kLanes<T>,
                      .inner = kLanes<T>,
                      .b = expand.at + (u_gradient.first * expand.row + in_first) * kLanes<T>,
                      .b_block = kLanes<T>,
                      .b_step = expand.row},
           pixels, in_last - in_first, add);
}

// Where BackwardInput() writes.
template <typename T>
struct InputGradients {
  T* x;  // [pixel][in]; added to, or set where `first`
  bool first;
  T* sums;                   // [task][2][middle, padded]: of the gradient before the expansion's activation
  ThreadSums<T>& expand;     // a block: [in][lanes]
  ThreadSums<T>& depthwise;  // a block: [taps][lanes]
};

// tiles [block][padded rows] = the gradient of d, from what the activation behind it lets through.
template <typename T>
void FillDepthwiseGradient(const BackwardCall<T>& call, const NormBackward<T>& norm_backward, const Band& band,
                           const PaddedRows& rows, const std::vector<int32_t>& offsets, const T* behind, int64_t first,
                           int64_t count, T* tiles) {
  const LayerPlan& plan = call.plan;
  const int64_t pixels = rows.real_pixels(), tile = rows.size();
  const int64_t start =
      ((band.group * call.blocks + first) * plan.out_pixels + rows.real_begin * plan.out_width) * kLanes<T>;
  for (int64_t j = 0; j < count; ++j) {
    const int64_t channel = (first + j) * kLanes<T>, block = start + j * plan.out_pixels * kLanes<T>;
    const Vec<T> scale = Load(norm_backward.scale.get() + channel), slope = Load(norm_backward.slope.get() + channel);
    const Vec<T> constant = Load(norm_backward.constant.get() + channel);
    const T* d = call.kept.d.get() + block;
    const T* let_through = behind + block;
    T* to = tiles + j * tile;
    for (int64_t m = 0; m < pixels; ++m) {
      const Vec<T> rest = hn::MulAdd(Load(d + m * kLanes<T>), slope, constant);
      Store(hn::MulAdd(Load(let_through + m * kLanes<T>), scale, rest), to + offsets[m]);
    }
  }
}

// Through depthwise convolution, activation and expansion, but for what the expansion's norm adds.
template <typename T, int kKernel, int kStride>
void BackwardInput(const BackwardCall<T>& call, const NormBackward<T>& norm_backward, const T* behind,
                   const ColumnBlocks<T>& expand, bool scale_u, const InputGradients<T>& to) {
  constexpr int64_t kWaiting = 65536, kTaps = kKernel * kKernel;  // elements of u's gradient that wait for one product
  const LayerPlan& plan = call.plan;
  const int64_t in = plan.size.in, blocks = call.blocks, width = plan.size.width;
  const bool expands = call.candidate.expand != nullptr;
  const ClipLanes<T> clip(call.candidate.expand_norm.clip);
  const Passes passes(blocks, plan.tasks());
  const int64_t splits = Splits(plan.tasks(), passes), x_elements = plan.total_in_pixels() * in;
  Buffer<T> flipped(blocks * kTaps * kLanes<T>);
  for (int64_t block = 0; block < blocks; ++block) {
    for (int64_t tap = 0; tap < kTaps; ++tap) {
      std::copy_n(call.kept.depthwise.get() + (block * kTaps + kTaps - 1 - tap) * kLanes<T>, kLanes<T>,
                  flipped.get() + (block * kTaps + tap) * kLanes<T>);
    }
  }
  Buffer<T> x_parts((splits - 1) * x_elements);  // splits after the first have a gradient of x of their own
  ForEachRange("backward input", plan.tasks() * splits, [&](int64_t begin, int64_t end, int64_t thread) HWY_ATTR {
    std::vector<int32_t> in_offsets, out_offsets;
    for (int64_t task = begin; task < end; ++task) {
      const int64_t part = task / splits, split = task % splits;
      const Band band = plan.BandOf(part);
      const PaddedRows in_rows = InputRows(plan, band, kKernel, kLanes<T>);
      const PaddedRows out_rows = GradientRows(plan, band, kKernel, kLanes<T>);
      const int64_t in_row_stride = in_rows.row_stride(), own_rows = band.in_end - band.in_begin,
                    own_pixels = plan.group_images * own_rows * width;
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
        if (expands || to.depthwise.wanted()) {
          const ExpandCall<T> expand_call{call.x, in, call.candidate, call.kept.expand.get(), call.kept.expand_norm};
          FillExpanded(plan, band, in_rows, in_offsets, expand_call, first, last - first, in_tiles);
        }
        FillDepthwiseGradient(call, norm_backward, band, out_rows, out_offsets, behind, first, last - first, out_tiles);
        for (int64_t block = first; block < last; ++block) {
          Vec<T> plain = Zero<T>(), weighted = Zero<T>();
          T* tap_sums = nullptr;
          if (to.depthwise.wanted()) {
            const auto place = to.depthwise.Take(thread, block, 1);
            if (place.fresh) std::fill_n(place.at, kTaps * kLanes<T>, T(0));
            tap_sums = place.at;
          }
          const Vec<T> factor =
              expands && scale_u ? Load(call.kept.expand_norm.scale.get() + block * kLanes<T>) : Set(T(1));
          for (int64_t image = 0; image < plan.group_images; ++image) {
            const T* in_tile = in_tiles + (block - first) * in_rows.size() + image * in_rows.image_stride();
            const T* out_tile = out_tiles + (block - first) * out_rows.size();
            const T* own_gradient = out_tile + out_rows.At(image, band.out_begin, 0);
            if (tap_sums) {
              AddDepthwiseWeightGradient<T, kKernel, kStride>(in_tile, in_rows.row_stride(), own_gradient,
                                                              out_rows.row_stride(), band.out_end - band.out_begin,
                                                              plan.out_width, tap_sums);
            }
            const T* own_in = in_tiles + (block - first) * in_rows.size() + in_rows.At(image, band.in_begin, 0);
            T* u_rows = u_gradient + ((block - waits) * own_pixels + image * own_rows * width) * kLanes<T>;
            T* x_rows = x_gradient + image * own_rows * width * in + block * kLanes<T>;
            auto behind_activation = [&]<int kColumns>(int64_t row, int64_t column, int64_t step,
                                                       Vec<T>(&sum)[kColumns]) EPILOGUE_ATTR {
              const T* in_row = own_in + row * in_row_stride + column * kLanes<T>;
              T* u_row = u_rows + (row * width + column) * kLanes<T>;
              const int64_t next = step * kLanes<T>;
              const ClipLanes<T> bounds = clip;
              const Vec<T> scale = factor;
              Vec<T> plain_sum = plain, weighted_sum = weighted;
#pragma GCC unroll 16
              for (int j = 0; j < kColumns; ++j) {
                const Vec<T> activated = Load(in_row + j * next);
                const Vec<T> g = bounds.Backward(sum[j], activated);
                plain_sum = hn::Add(plain_sum, g);
                weighted_sum = hn::MulAdd(g, activated, weighted_sum);
                Store(hn::Mul(g, scale), u_row + j * next);
              }
              plain = plain_sum;
              weighted = weighted_sum;
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
                Depthwise<T, kKernel, 1, kTileOutRows<1>>(
                    out_tile + image * out_rows.image_stride(), out_rows.row_stride(),
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
        if (to.expand.wanted()) {
          AddWeightGradient(call.x + own_first, u_gradient + (first - waits) * own_pixels * kLanes<T>, own_pixels, in,
                            last - first, to.expand.Take(thread, first, last - first));
        }
        const bool full = pass + 1 < last_pass && (passes.Begin(pass + 2) - waits) * own_pixels * kLanes<T> > waiting;
        if (pass + 1 == last_pass || full) {
          AddExpandInputGradient(expand, ExpandedGradient<T>{u_gradient, own_pixels, waits, last - waits}, own_pixels,
                                 in, 0, BlocksOf<T>(in), x_gradient);
          waits = last;
        }
      }
    }
  });
  AddParts(x_parts.get(), splits - 1, x_elements, to.x);
}

// Few pixels: what the expansion's norm adds, by computing u again: its gradient is -(first_c + second_c * normalised
// u). Tasks are blocks of u's channels, then pieces of the input's gradient.
template <typename T>
void BackwardExpandDirect(const BackwardCall<T>& call, const ColumnBlocks<T>& expand, const T* first_c,
                          const T* second_c, T* x_gradient, ThreadSums<T>* expand_gradient) {
  constexpr int64_t kPixels = 12, kInBlocks = 4;  // of a piece
  const int64_t in = call.plan.size.in, pixels = call.plan.total_in_pixels();
  const NormLanes<T>& norm = call.kept.expand_norm;
  Buffer<T> u_gradient(call.blocks * pixels * kLanes<T>);
  const Passes passes(call.blocks, /*tasks=*/1);
  ForEachRange("backward expand", passes.count, [&](int64_t begin, int64_t end, int64_t thread) HWY_ATTR {
    for (int64_t pass = begin; pass < end; ++pass) {
      const int64_t first = passes.Begin(pass), count = passes.Begin(pass + 1) - first;
      T* to = u_gradient.get() + first * pixels * kLanes<T>;
      auto store = [&]<int kRows, int kBlocks>(int64_t row, int64_t block, Vec<T>(&sum)[kRows][kBlocks]) EPILOGUE_ATTR {
        for (int j = 0; j < kBlocks; ++j) {
          const int64_t channel = (first + block + j) * kLanes<T>;
          const Vec<T> inverse = Load(norm.inverse.get() + channel), centre = Load(norm.centre.get() + channel);
          const Vec<T> a = Load(first_c + channel), b = Load(second_c + channel);
          for (int i = 0; i < kRows; ++i) {
            const Vec<T> normalised = hn::MulAdd(sum[i][j], inverse, centre);
            Store(hn::Neg(hn::MulAdd(normalised, b, a)), to + ((block + j) * pixels + row + i) * kLanes<T>);
          }
        }
      };
      Multiply(Product<T>{.a = call.x,
                          .a_row = in,
                          .inner = in,
                          .b = call.kept.plain_expand.get() + first * in * kLanes<T>,
                          .b_block = in * kLanes<T>,
                          .b_step = kLanes<T>},
               pixels, count, store);
      if (expand_gradient == nullptr) continue;
      AddWeightGradient(call.x, to, pixels, in, count, expand_gradient->Take(thread, first, count));
    }
  });
  const int64_t in_blocks = BlocksOf<T>(in), across = (in_blocks + kInBlocks - 1) / kInBlocks;
  const int64_t pieces = (pixels + kPixels - 1) / kPixels;
  ForEachRange("backward expand to x", pieces * across, [&](int64_t begin, int64_t end, int64_t) HWY_ATTR {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t first_pixel = task / across * kPixels, in_first = task % across * kInBlocks;
      AddExpandInputGradient(expand,
                             ExpandedGradient<T>{u_gradient.get() + first_pixel * kLanes<T>, pixels, 0, call.blocks},
                             std::min(kPixels, pixels - first_pixel), in, in_first,
                             std::min(in_blocks, in_first + kInBlocks), x_gradient + first_pixel * in);
    }
  });
}

// x_gradient += x negated + constant + shortcut * gradient: what the norms of all expansions add, and the shortcut.
template <typename T>
void AddInputCorrection(const LayerPlan& plan, const T* x, const T* negated, const T* constant, double shortcut,
                        const T* gradient, T* x_gradient) {
  constexpr int64_t kPixels = 96;
  const int64_t in = plan.size.in, pixels = plan.total_in_pixels();
  const Vec<T> factor = Set(static_cast<T>(shortcut));
  ForEachRange("correct input", (pixels + kPixels - 1) / kPixels, [&](int64_t begin, int64_t end, int64_t) HWY_ATTR {
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
