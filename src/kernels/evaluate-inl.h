// Evaluation: the running statistics normalise, so that a tile goes through all three convolutions at once.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "danas/kernels/parallel.h"
#include "hwy/highway.h"
#include "src/kernels/buffer.h"
#include "src/kernels/plan.h"
#include "src/kernels/state.h"

#if defined(DANAS_KERNELS_EVALUATE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DANAS_KERNELS_EVALUATE_INL_H_
#undef DANAS_KERNELS_EVALUATE_INL_H_
#else
#define DANAS_KERNELS_EVALUATE_INL_H_
#endif

#include "src/kernels/depthwise-inl.h"
#include "src/kernels/forward-inl.h"
#include "src/kernels/matmul-inl.h"
#include "src/kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace danas::kernels {
namespace HWY_NAMESPACE {

template <typename T>
NormLanes<T> RunningNormLanes(const Norm<T>& norm, int64_t channels) {
  NormStatistics statistics;
  statistics.mean_c.assign(norm.running_mean, norm.running_mean + channels);
  statistics.variance_c.assign(norm.running_variance, norm.running_variance + channels);
  return MakeNormLanes(norm, statistics);
}

// One candidate's weights, packed; the last norm and the candidate's weight are folded into `project`.
template <typename T>
struct EvaluatedCandidate {
  EvaluatedCandidate(const LayerSize& size, const Candidate<T>& from) : candidate(from) {
    const int64_t blocks = BlocksOf<T>(from.middle), taps = from.kernel * from.kernel;
    if (from.expand) {
      expand.Resize(blocks * size.in * kLanes<T>);
      PackRows(from.expand, from.middle, size.in, size.in * kLanes<T>, expand.get());
      expand_norm = RunningNormLanes(from.expand_norm, from.middle);
      ScaleRows(expand_norm.scale, blocks, size.in, expand.get());
    }
    depthwise.Resize(blocks * taps * kLanes<T>);
    PackRows(from.depthwise, from.middle, taps, taps * kLanes<T>, depthwise.get());
    depthwise_norm = RunningNormLanes(from.depthwise_norm, from.middle);
    const NormLanes<T> project_norm = RunningNormLanes(from.project_norm, size.out);
    const T weight = static_cast<T>(from.weight);
    project = PackProject(from.project, size.out, from.middle);
    Buffer<T> scale = Zeros<T>(Padded<T>(size.out));
    for (int64_t o = 0; o < size.out; ++o) {
      scale[o] = weight * project_norm.scale[o];
      shift.push_back(weight * project_norm.shift[o]);
    }
    ScaleRows(scale, BlocksOf<T>(size.out), Padded<T>(from.middle), project.get());
  }

  const Candidate<T>& candidate;
  Buffer<T> expand, depthwise, project;
  NormLanes<T> expand_norm, depthwise_norm;
  std::vector<T> shift;  // of the output
};

// rows [pixel][out] += the share of the candidate's output for the band that goes through the blocks of `split`, of
// `splits`, of its channels.
template <typename T, int kKernel, int kStride>
void AddEvaluated(const LayerPlan& plan, const Band& band, const EvaluatedCandidate<T>& evaluated, int64_t split,
                  int64_t splits, const T* x, T* rows_out) {
  constexpr int64_t kActivated = 32768;  // elements of activations that wait for one product
  const Candidate<T>& candidate = evaluated.candidate;
  const int64_t blocks = BlocksOf<T>(candidate.middle), out = plan.size.out;
  const int64_t out_rows = band.out_end - band.out_begin, pixels = plan.group_images * out_rows * plan.out_width;
  const PaddedRows rows = InputRows(plan, band, kKernel, kLanes<T>);
  const int64_t waiting =
      std::clamp<int64_t>(kActivated / (pixels * kLanes<T>), kPassBlocks, std::max(blocks, kPassBlocks));
  T* tiles = Scratch<T>(0, kPassBlocks * rows.size());
  T* activated = Scratch<T>(1, waiting * pixels * kLanes<T>);
  for (int64_t j = 0; j < kPassBlocks; ++j) rows.ZeroPadding(tiles + j * rows.size());
  static thread_local std::vector<int32_t> offsets;
  rows.Offsets(offsets);
  const ExpandCall<T> call{x, plan.size.in, candidate, evaluated.expand.get(), evaluated.expand_norm};
  const ClipLanes<T> clip(candidate.depthwise_norm.clip);
  const int64_t end = blocks * (split + 1) / splits;
  for (int64_t first = blocks * split / splits; first < end; first += waiting) {
    const int64_t last = std::min(end, first + waiting);
    for (int64_t pass = first; pass < last; pass += kPassBlocks) {
      const int64_t count = std::min(kPassBlocks, last - pass);
      FillExpanded(plan, band, rows, offsets, call, pass, count, tiles);
      for (int64_t j = 0; j < count; ++j) {
        const Vec<T> scale = Load(evaluated.depthwise_norm.scale.get() + (pass + j) * kLanes<T>);
        const Vec<T> shift = Load(evaluated.depthwise_norm.shift.get() + (pass + j) * kLanes<T>);
        T* to = activated + (pass + j - first) * pixels * kLanes<T>;
        for (int64_t image = 0; image < rows.images; ++image) {
          auto store = [&]<int kColumns>(int64_t row, int64_t column, int, Vec<T>(&sum)[kColumns]) EPILOGUE_ATTR {
#pragma GCC unroll 16
            for (int i = 0; i < kColumns; ++i) {
              Store(clip.Apply(hn::MulAdd(sum[i], scale, shift)), to + (row * plan.out_width + column + i) * kLanes<T>);
            }
          };
          Depthwise<T, kKernel, kStride, kTileOutRows<kStride>>(
              tiles + j * rows.size() + image * rows.image_stride(), rows.row_stride(),
              evaluated.depthwise.get() + (pass + j) * kKernel * kKernel * kLanes<T>, out_rows, plan.out_width, store);
          to += out_rows * plan.out_width * kLanes<T>;
        }
      }
    }
    auto add = [&]<int kRows, int kBlocks>(int64_t row, int64_t block, Vec<T>(&sum)[kRows][kBlocks]) EPILOGUE_ATTR {
#pragma GCC unroll 16
      for (int j = 0; j < kBlocks; ++j) {
        const int64_t at = (block + j) * kLanes<T>;
#pragma GCC unroll 16
        for (int i = 0; i < kRows; ++i) {
          T* to = rows_out + (row + i) * out + at;
          StoreFirst(hn::Add(LoadFirst(to, out - at), sum[i][j]), to, out - at);
        }
      }
    };
    Multiply(Product<T>{.a = activated,
                        .a_row = kLanes<T>,
                        .outer = last - first,
                        .a_outer = pixels * kLanes<T>,
                        .inner = kLanes<T>,
                        .b = evaluated.project.get() + first * kLanes<T> * kLanes<T>,
                        .b_block = Padded<T>(candidate.middle) * kLanes<T>,
                        .b_step = kLanes<T>},
             pixels, BlocksOf<T>(out), add);
  }
}

template <typename T>
void ClipAll(const Clip& clip, int64_t count, T* values) {
  const ClipLanes<T> lanes(clip);
  for (int64_t i = 0; i < count; i += kLanes<T>) {
    StoreFirst(lanes.Apply(LoadFirst(values + i, count - i)), values + i, count - i);
  }
}

template <typename T>
void EvaluateLayer(const Layer<T>& layer, const T* x, T* y) {
  const LayerPlan plan(layer.size, RowBytes<T>(layer.size));
  const int64_t out = plan.size.out;
  std::vector<EvaluatedCandidate<T>> candidates;
  candidates.reserve(layer.candidates.size());
  Buffer<T> shift = Zeros<T>(Padded<T>(out));
  for (const Candidate<T>& candidate : layer.candidates) {
    candidates.emplace_back(layer.size, candidate);
    for (int64_t o = 0; o < out; ++o) shift[o] += candidates.back().shift[o];
  }
  const Clip clip = candidates.size() == 1 ? layer.candidates[0].project_norm.clip : Clip{};
  const bool clips = clip.lowest != Clip{}.lowest || clip.highest != Clip{}.highest;
  // As in backward: tasks are cut further by channels where there are fewer than threads.
  int64_t widest = 1;
  for (const Candidate<T>& candidate : layer.candidates) widest = std::max(widest, BlocksOf<T>(candidate.middle));
  const int64_t splits = Splits(plan.tasks(), Passes(widest, plan.tasks())), elements = plan.total_out_pixels() * out;
  Buffer<T> y_parts((splits - 1) * elements);
  ForEachRange("evaluate", plan.tasks() * splits, [&](int64_t begin, int64_t end, int64_t) HWY_ATTR {
    const Vec<T> shortcut = Set(static_cast<T>(layer.shortcut));
    for (int64_t task = begin; task < end; ++task) {
      const int64_t split = task % splits;
      const Band band = plan.BandOf(task / splits);
      const int64_t first = band.group * plan.out_pixels + band.out_begin * plan.out_width;
      const int64_t pixels = plan.group_images * (band.out_end - band.out_begin) * plan.out_width;
      T* rows = (split == 0 ? y : y_parts.get() + (split - 1) * elements) + first * out;
      if (split > 0) std::fill_n(rows, pixels * out, T(0));
      for (int64_t m = 0; split == 0 && m < pixels; ++m) {
        for (int64_t at = 0; at < out; at += kLanes<T>) {
          Vec<T> value = Load(shift.get() + at);
          if (layer.shortcut != 0) {
            value = hn::MulAdd(LoadFirst(x + (first + m) * out + at, out - at), shortcut, value);
          }
          StoreFirst(value, rows + m * out + at, out - at);
        }
      }
      for (const EvaluatedCandidate<T>& evaluated : candidates) {
        WithKernelAndStride(evaluated.candidate.kernel, plan.size.stride, [&]<int kKernel, int kStride>() HWY_ATTR {
          AddEvaluated<T, kKernel, kStride>(plan, band, evaluated, split, splits, x, rows);
        });
      }
      if (clips && splits == 1) ClipAll(clip, pixels * out, rows);  // while they are in the caches
    }
  });
  if (splits == 1) return;
  AddParts(y_parts.get(), splits - 1, elements, y);
  if (!clips) return;
  ForEachRange("clip outputs", plan.total_out_pixels(),
               [&](int64_t begin, int64_t end, int64_t) { ClipAll(clip, (end - begin) * out, y + begin * out); });
}

}  // namespace HWY_NAMESPACE
}  // namespace danas::kernels
HWY_AFTER_NAMESPACE();
#endif
