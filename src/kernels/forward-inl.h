// The passes of a layer's forward (docs/fused-layers.md, section 3): statistics of u, then d, then z, then y.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "danas/kernels/parallel.h"
#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "src/kernels/buffer.h"
#include "src/kernels/plan.h"
#include "src/kernels/state.h"

#if defined(DANAS_KERNELS_FORWARD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DANAS_KERNELS_FORWARD_INL_H_
#undef DANAS_KERNELS_FORWARD_INL_H_
#else
#define DANAS_KERNELS_FORWARD_INL_H_
#endif

#include "src/kernels/depthwise-inl.h"
#include "src/kernels/matmul-inl.h"
#include "src/kernels/moments-inl.h"
#include "src/kernels/norm-inl.h"
#include "src/kernels/pack-inl.h"
#include "src/kernels/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace danas::kernels {
namespace HWY_NAMESPACE {

// Blocks of channels that a task takes at once: u and the gradients behind it live in as many tiles.
constexpr int64_t kPassBlocks = 4;

// Cuts `blocks` into passes of at most kPassBlocks, as equal as can be: of fewer where `tasks` times the passes are not
// work for every thread.
struct Passes {
  Passes(int64_t block_count, int64_t tasks)
      : blocks(block_count), count((block_count + kPassBlocks - 1) / kPassBlocks) {
    for (int64_t most = kPassBlocks / 2; most > 0 && tasks * count < Threads(); most /= 2) {
      count = (blocks + most - 1) / most;
    }
  }
  // Even where there are enough, so that products come in tiles of two blocks (of three where the last pass is odd).
  int64_t Begin(int64_t pass) const {
    const int64_t tiles = (blocks + kTileBlocks - 1) / kTileBlocks;
    return tiles < count ? blocks * pass / count : std::min(blocks, tiles * pass / count * kTileBlocks);
  }
  int64_t blocks, count;
};

// Tasks are cut further by channels where there are fewer than threads.
inline int64_t Splits(int64_t tasks, const Passes& passes) {
  return std::clamp<int64_t>((Threads() + tasks - 1) / tasks, 1, passes.count);
}

// weights [block][in][lanes] *= scale, a norm's: the product then gives normalised values but for their shift.
template <typename T>
void ScaleRows(const Buffer<T>& scale, int64_t blocks, int64_t in, T* weights) {
  for (int64_t block = 0; block < blocks; ++block) {
    const Vec<T> factor = Load(scale.get() + block * kLanes<T>);
    for (int64_t i = 0; i < in; ++i, weights += kLanes<T>) Store(hn::Mul(Load(weights), factor), weights);
  }
}

// shift = bias - the mean of weights x, from the mean of x: of the weights as ScaleRows() has rounded them, so that a
// mean of x far from zero costs no digits.
template <typename T>
void ShiftRows(const T* weights, int64_t middle, int64_t in, const T* x_mean, const T* bias, Buffer<T>& shift) {
  for (int64_t block = 0; block < BlocksOf<T>(middle); ++block) {
    const int64_t channel = block * kLanes<T>;
    Vec<T> sum = bias ? LoadFirst(bias + channel, middle - channel) : Zero<T>();
    for (int64_t i = 0; i < in; ++i, weights += kLanes<T>) sum = hn::NegMulAdd(Load(weights), Set(x_mean[i]), sum);
    Store(sum, shift.get() + channel);
  }
}

// What FillExpanded() and its callers need of one candidate.
template <typename T>
struct ExpandCall {
  const T* x;  // the whole input
  int64_t in;
  const Candidate<T>& candidate;
  const T* weights;  // [block][in][lanes]; times the norm's scale; unused without expansion
  const NormLanes<T>& norm;
};

// tiles [block][padded rows] = clip(norm(x expand^T)), or x itself without expansion, for `count` blocks from `first`
// on. Padding is left as it is.
template <typename T>
void FillExpanded(const LayerPlan& plan, const Band& band, const PaddedRows& rows, const std::vector<int32_t>& offsets,
                  const ExpandCall<T>& call, int64_t first, int64_t count, T* tiles) {
  const int64_t in = call.in, pixels = rows.real_pixels(), tile = rows.size();
  const T* x = call.x + (band.group * plan.in_pixels + rows.real_begin * plan.size.width) * in;
  if (call.candidate.expand == nullptr) {
    for (int64_t j = 0; j < count; ++j) {
      const int64_t channel = (first + j) * kLanes<T>;
      for (int64_t m = 0; m < pixels; ++m) {
        Store(LoadFirst(x + m * in + channel, in - channel), tiles + j * tile + offsets[m]);
      }
    }
    return;
  }
  const ClipLanes<T> clip(call.candidate.expand_norm.clip);
  auto store = [&]<int kRows, int kBlocks>(int64_t row, int64_t block, Vec<T>(&sum)[kRows][kBlocks]) EPILOGUE_ATTR {
    // Copies: a store may change whatever lies behind a reference, and everything would be read again after each.
    const ClipLanes<T> bounds = clip;
    const int32_t* at = offsets.data() + row;
    T* out = tiles + block * tile;
    const int64_t next = tile;
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
      const int64_t offset = at[i];
#pragma GCC unroll 3
      for (int j = 0; j < kBlocks; ++j) Store(bounds.Apply(sum[i][j]), out + j * next + offset);
    }
  };
  Multiply(Product<T>{.a = x,
                      .a_row = in,
                      .inner = in,
                      .b = call.weights + first * in * kLanes<T>,
                      .b_block = in * kLanes<T>,
                      .b_step = kLanes<T>,
                      .bias = call.norm.shift.get() + first * kLanes<T>},
           pixels, count, store);
}

// Few pixels: statistics of u by computing it. One part a group.
template <typename T>
NormStatistics DirectExpandStatistics(const LayerPlan& plan, const ExpandCall<T>& call) {
  const int64_t middle = call.candidate.middle, in = call.in;
  const Passes passes(BlocksOf<T>(middle), plan.groups);
  PartialSums<T> parts(plan.groups, Padded<T>(middle));
  ForEachRange("expand directly", plan.groups * passes.count, [&](int64_t begin, int64_t end, int64_t) HWY_ATTR {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t group = task / passes.count, first = passes.Begin(task % passes.count);
      const int64_t count = passes.Begin(task % passes.count + 1) - first;
      T* pivots = parts.pivot(group) + first * kLanes<T>;
      T* sums = parts.sum(group) + first * kLanes<T>;
      T* squares = parts.square(group) + first * kLanes<T>;
      auto add = [&]<int kRows, int kBlocks>(int64_t row, int64_t block, Vec<T>(&sum)[kRows][kBlocks]) EPILOGUE_ATTR {
        for (int j = 0; j < kBlocks; ++j) {
          const int64_t at = (block + j) * kLanes<T>;
          if (row == 0) {
            Store(sum[0][j], pivots + at);
            Store(Zero<T>(), sums + at);
            Store(Zero<T>(), squares + at);
          }
          const Vec<T> pivot = Load(pivots + at);
          Vec<T> total = Load(sums + at), square = Load(squares + at);
          for (int i = 0; i < kRows; ++i) {
            const Vec<T> value = hn::Sub(sum[i][j], pivot);
            total = hn::Add(total, value);
            square = hn::MulAdd(value, value, square);
          }
          Store(total, sums + at);
          Store(square, squares + at);
        }
      };
      Multiply(Product<T>{.a = call.x + group * plan.in_pixels * in,
                          .a_row = in,
                          .inner = in,
                          .b = call.weights + first * in * kLanes<T>,
                          .b_block = in * kLanes<T>,
                          .b_step = kLanes<T>},
               plan.in_pixels, count, add);
    }
  });
  return Combine(parts, middle, std::vector<int64_t>(static_cast<size_t>(plan.groups), plan.in_pixels));
}

// d = depthwise(clip(norm(u))) and its statistics, one part a task.
template <typename T, int kKernel, int kStride>
NormStatistics ForwardDepthwise(const LayerPlan& plan, const ExpandCall<T>& call, const T* weights, T* d) {
  constexpr int64_t kAhead = 16;  // pixels of d that are asked for before they are written
  const int64_t middle = call.candidate.middle, blocks = BlocksOf<T>(middle);
  const Passes passes(blocks, plan.tasks());
  PartialSums<T> parts(plan.tasks(), Padded<T>(middle));
  ForEachRange("forward depthwise", plan.tasks() * passes.count, [&](int64_t begin, int64_t end, int64_t) HWY_ATTR {
    std::vector<int32_t> offsets;
    int64_t offsets_of = -1;
    for (int64_t task = begin; task < end; ++task) {
      const int64_t part = task / passes.count;
      const Band band = plan.BandOf(part);
      const PaddedRows rows = InputRows(plan, band, kKernel, kLanes<T>);
      T* tiles = Scratch<T>(0, kPassBlocks * rows.size());
      if (offsets_of != part) {
        for (int64_t j = 0; j < kPassBlocks; ++j) rows.ZeroPadding(tiles + j * rows.size());
        rows.Offsets(offsets);
        offsets_of = part;
      }
      const int64_t first = passes.Begin(task % passes.count), last = passes.Begin(task % passes.count + 1);
      FillExpanded(plan, band, rows, offsets, call, first, last - first, tiles);
      const int64_t out_rows = band.out_end - band.out_begin, width = plan.out_width;
      for (int64_t block = first; block < last; ++block) {
        const T* tile = tiles + (block - first) * rows.size();
        const T* block_weights = weights + block * kKernel * kKernel * kLanes<T>;
        Vec<T> pivot = Zero<T>(), total = Zero<T>(), square = Zero<T>();
        auto take = [&]<int kColumns>(int64_t, int64_t, int, Vec<T>(&sum)[kColumns]) EPILOGUE_ATTR { pivot = sum[0]; };
        DepthwiseTile<T, kKernel, kStride, 1, 1>(tile, rows.row_stride(), block_weights, out_rows / 2,
                                                 plan.out_width / 2, take);
        T* out = d + ((band.group * blocks + block) * plan.out_pixels + band.out_begin * plan.out_width) * kLanes<T>;
        for (int64_t image = 0; image < rows.images; ++image) {
          auto store = [&]<int kColumns>(int64_t row, int64_t column, int, Vec<T>(&sum)[kColumns]) EPILOGUE_ATTR {
            T* to = out + (row * width + column) * kLanes<T>;
            const Vec<T> away = pivot;
            Vec<T> plain = total, squares = square;
#pragma GCC unroll 16
            for (int j = 0; j < kColumns; ++j) {
              hwy::Prefetch(to + (kAhead + j) * kLanes<T>);
              Store(sum[j], to + j * kLanes<T>);
              const Vec<T> value = hn::Sub(sum[j], away);
              plain = hn::Add(plain, value);
              squares = hn::MulAdd(value, value, squares);
            }
            total = plain;
            square = squares;
          };
          Depthwise<T, kKernel, kStride, kForwardRows<kStride>>(tile + image * rows.image_stride(), rows.row_stride(),
                                                                block_weights, out_rows, plan.out_width, store);
          out += plan.out_height * plan.out_width * kLanes<T>;
        }
        Store(pivot, parts.pivot(part) + block * kLanes<T>);
        Store(total, parts.sum(part) + block * kLanes<T>);
        Store(square, parts.square(part) + block * kLanes<T>);
      }
    }
  });
  std::vector<int64_t> counts;
  for (int64_t task = 0; task < plan.tasks(); ++task) {
    const Band band = plan.BandOf(task);
    counts.push_back(plan.group_images * (band.out_end - band.out_begin) * plan.out_width);
  }
  return Combine(parts, middle, counts);
}

// Output pixels of a group whose activations stay in the caches beside the weights; whole tiles of the product.
template <typename T>
int64_t ProjectPixels(const LayerPlan& plan, int64_t blocks) {
  constexpr int64_t kElements = 32768;
  constexpr int64_t kRows = kTileRows<kTileBlocks>;
  return std::min(plan.out_pixels, std::max<int64_t>(2 * kRows, kElements / (blocks * kLanes<T>) / kRows * kRows));
}

// z = clip(norm(d)) project^T and its statistics. weights: [block of out][middle, padded][lanes].
template <typename T>
NormStatistics ForwardProject(const LayerPlan& plan, const Candidate<T>& candidate, const NormLanes<T>& norm,
                              const T* weights, const T* d, T* z) {
  const int64_t blocks = BlocksOf<T>(candidate.middle), out = plan.size.out, out_blocks = BlocksOf<T>(out);
  const int64_t most = ProjectPixels<T>(plan, blocks), pieces = (plan.out_pixels + most - 1) / most;
  constexpr int64_t kRows = kTileRows<kTileBlocks>;
  const int64_t row_tiles = (plan.out_pixels + kRows - 1) / kRows;
  const auto first_of = [&](int64_t piece) { return std::min(plan.out_pixels, row_tiles * piece / pieces * kRows); };
  PartialSums<T> parts(plan.groups * pieces, Padded<T>(out));
  const ClipLanes<T> clip(candidate.depthwise_norm.clip);
  // Where pieces are too few for all threads, each is activated several times, for some of the output's blocks each.
  const int64_t tasks = plan.groups * pieces;
  const int64_t splits = std::clamp<int64_t>((Threads() + tasks - 1) / tasks, 1, out_blocks);
  ForEachRange("forward project", tasks * splits, [&](int64_t begin, int64_t end, int64_t) HWY_ATTR {
    T* activated = Scratch<T>(0, blocks * most * kLanes<T>);  // [block][pixel][lanes]
    for (int64_t task = begin; task < end; ++task) {
      const int64_t part = task / splits, split = task % splits;
      const int64_t first_block = out_blocks * split / splits, last_block = out_blocks * (split + 1) / splits;
      const int64_t group = part / pieces, first = first_of(part % pieces), count = first_of(part % pieces + 1) - first;
      for (int64_t block = 0; block < blocks; ++block) {
        const T* from = d + ((group * blocks + block) * plan.out_pixels + first) * kLanes<T>;
        const Vec<T> scale = Load(norm.scale.get() + block * kLanes<T>);
        const Vec<T> shift = Load(norm.shift.get() + block * kLanes<T>);
        T* to = activated + block * most * kLanes<T>;
        for (int64_t m = 0; m < count; ++m) {
          Store(clip.Apply(hn::MulAdd(Load(from + m * kLanes<T>), scale, shift)), to + m * kLanes<T>);
          hwy::Prefetch(from + (m + count) * kLanes<T>);  // the next piece
        }
      }
      T* rows = z + (group * plan.out_pixels + first) * out;
      auto store = [&]<int kRows, int kBlocks>(int64_t row, int64_t block, Vec<T>(&sum)[kRows][kBlocks]) EPILOGUE_ATTR {
#pragma GCC unroll 16
        for (int j = 0; j < kBlocks; ++j) {
          const int64_t at = (first_block + block + j) * kLanes<T>;
          if (row == 0) {
            Store(sum[0][j], parts.pivot(part) + at);
            Store(Zero<T>(), parts.sum(part) + at);
            Store(Zero<T>(), parts.square(part) + at);
          }
          const Vec<T> pivot = Load(parts.pivot(part) + at);
          Vec<T> total = Load(parts.sum(part) + at), square = Load(parts.square(part) + at);
          const int64_t stride = out, there = out - at;
          T* to = rows + row * stride + at;
#pragma GCC unroll 16
          for (int i = 0; i < kRows; ++i) {
            StoreFirst(sum[i][j], to + i * stride, there);
            const Vec<T> value = hn::Sub(sum[i][j], pivot);
            total = hn::Add(total, value);
            square = hn::MulAdd(value, value, square);
          }
          Store(total, parts.sum(part) + at);
          Store(square, parts.square(part) + at);
        }
      };
      Multiply(Product<T>{.a = activated,
                          .a_row = kLanes<T>,
                          .outer = blocks,
                          .a_outer = most * kLanes<T>,
                          .inner = kLanes<T>,
                          .b = weights + first_block * Padded<T>(candidate.middle) * kLanes<T>,
                          .b_block = Padded<T>(candidate.middle) * kLanes<T>,
                          .b_step = kLanes<T>},
               count, last_block - first_block, store);
    }
  });
  std::vector<int64_t> counts;
  for (int64_t part = 0; part < parts.parts; ++part) {
    counts.push_back(first_of(part % pieces + 1) - first_of(part % pieces));
  }
  return Combine(parts, out, counts);
}

// y = clip(sum over c of weight_c * norm_c(z_c) + shortcut * x). A clip comes with one candidate alone.
template <typename T>
void MixOutputs(const LayerPlan& plan, const Layer<T>& layer, const std::vector<KeptCandidate<T>>& kept, const T* x,
                T* y) {
  const int64_t out = plan.size.out, padded = Padded<T>(out), pixels = plan.total_out_pixels();
  Buffer<T> scale = Zeros<T>(static_cast<int64_t>(kept.size()) * padded), shift = Zeros<T>(padded);
  for (size_t c = 0; c < kept.size(); ++c) {
    const NormLanes<T>& norm = kept[c].project_norm;
    for (int64_t o = 0; o < out; ++o) {
      scale[static_cast<int64_t>(c) * padded + o] = static_cast<T>(layer.candidates[c].weight * norm.scale[o]);
      shift[o] += static_cast<T>(layer.candidates[c].weight * norm.shift[o]);
    }
  }
  const ClipLanes<T> clip(kept.size() == 1 ? layer.candidates[0].project_norm.clip : Clip{});
  const Vec<T> shortcut = Set(static_cast<T>(layer.shortcut));
  constexpr int64_t kPixels = 64;
  ForEachRange("mix outputs", (pixels + kPixels - 1) / kPixels, [&](int64_t begin, int64_t end, int64_t) HWY_ATTR {
    for (int64_t m = begin * kPixels; m < std::min(pixels, end * kPixels); ++m) {
      for (int64_t at = 0; at < out; at += kLanes<T>) {
        Vec<T> value = Load(shift.get() + at);
        for (size_t c = 0; c < kept.size(); ++c) {
          value = hn::MulAdd(LoadFirst(kept[c].z.get() + m * out + at, out - at),
                             Load(scale.get() + static_cast<int64_t>(c) * padded + at), value);
        }
        if (layer.shortcut != 0) value = hn::MulAdd(LoadFirst(x + m * out + at, out - at), shortcut, value);
        StoreFirst(clip.Apply(value), y + m * out + at, out - at);
      }
    }
  });
}

// sum += the `count` parts behind each other in `parts`, of `elements` each.
template <typename T>
void AddParts(const T* parts, int64_t count, int64_t elements, T* sum) {
  if (count == 0) return;
  ForEachRange("add parts", (elements + kLanes<T> - 1) / kLanes<T>, [&](int64_t begin, int64_t end, int64_t) HWY_ATTR {
    for (int64_t i = begin * kLanes<T>; i < std::min(elements, end * kLanes<T>); i += kLanes<T>) {
      Vec<T> total = LoadFirst(sum + i, elements - i);
      for (int64_t part = 0; part < count; ++part) {
        total = hn::Add(total, LoadFirst(parts + part * elements + i, elements - i));
      }
      StoreFirst(total, sum + i, elements - i);
    }
  });
}

// Working set of a task for each row of the map: see LayerPlan.
template <typename T>
int64_t RowBytes(const LayerSize& size) {
  return 2 * kPassBlocks * (size.width + 4) * kLanes<T> * static_cast<int64_t>(sizeof(T)) / size.stride;
}

template <typename T>
CandidateStatistics ForwardCandidate(KeptLayer<T>& kept, KeptCandidate<T>& to, const Candidate<T>& candidate,
                                     const T* x, const T* covariance) {
  const LayerPlan& plan = kept.plan;
  const int64_t in = plan.size.in, out = plan.size.out, middle = candidate.middle;
  const int64_t blocks = BlocksOf<T>(middle), taps = candidate.kernel * candidate.kernel;
  CandidateStatistics statistics;
  if (candidate.expand) {
    to.expand.Resize(blocks * in * kLanes<T>);
    PackRows(candidate.expand, middle, in, in * kLanes<T>, to.expand.get());
    if (kept.direct) {
      const NormLanes<T> none;
      statistics.expand = DirectExpandStatistics(plan, ExpandCall<T>{x, in, candidate, to.expand.get(), none});
      to.plain_expand.Resize(blocks * in * kLanes<T>);
      std::copy_n(to.expand.get(), blocks * in * kLanes<T>, to.plain_expand.get());
    } else {
      to.expand_covariance.Resize(middle * Padded<T>(in));
      statistics.expand =
          ExpandStatistics(candidate.expand, middle, in, kept.x_mean.get(), covariance, to.expand_covariance.get());
      statistics.expand.count = plan.total_in_pixels();
    }
    to.expand_norm = MakeNormLanes(candidate.expand_norm, statistics.expand);
    ScaleRows(to.expand_norm.scale, blocks, in, to.expand.get());
    ShiftRows(to.expand.get(), middle, in, kept.x_mean.get(), candidate.expand_norm.bias, to.expand_norm.shift);
  }
  to.depthwise.Resize(blocks * taps * kLanes<T>);
  PackRows(candidate.depthwise, middle, taps, taps * kLanes<T>, to.depthwise.get());
  to.d.Resize(plan.groups * blocks * plan.out_pixels * kLanes<T>);
  const ExpandCall<T> call{x, in, candidate, to.expand.get(), to.expand_norm};
  statistics.depthwise =
      WithKernelAndStride(candidate.kernel, plan.size.stride, [&]<int kKernel, int kStride>() HWY_ATTR {
        return ForwardDepthwise<T, kKernel, kStride>(plan, call, to.depthwise.get(), to.d.get());
      });
  to.depthwise_norm = MakeNormLanes(candidate.depthwise_norm, statistics.depthwise);

  to.z.Resize(plan.total_out_pixels() * out);
  const Buffer<T> project = PackProject(candidate.project, out, middle);
  statistics.project = ForwardProject(plan, candidate, to.depthwise_norm, project.get(), to.d.get(), to.z.get());
  to.project_norm = MakeNormLanes(candidate.project_norm, statistics.project);
  return statistics;
}

template <typename T>
void ForwardLayer(const Layer<T>& layer, const T* x, T* y, Forwarded<T>& result) {
  const LayerPlan plan(layer.size, RowBytes<T>(layer.size));
  result.kept = std::make_shared<KeptLayer<T>>(plan);
  KeptLayer<T>& kept = *result.kept;
  const int64_t in = layer.size.in, pixels = plan.total_in_pixels();
  // The covariance costs more than computing u again: docs/fused-layers.md, section 2.
  kept.direct = 7 * pixels < 4 * in;
  Buffer<T> covariance;
  const bool expands = std::ranges::any_of(layer.candidates, [](const Candidate<T>& c) { return c.expand != nullptr; });
  if (expands) {
    const std::vector<double> mean = InputMean(x, pixels, in);
    kept.x_mean = Zeros<T>(Padded<T>(in));
    std::ranges::transform(mean, kept.x_mean.get(), [](double value) { return static_cast<T>(value); });
    if (!kept.direct) covariance = InputCovariance(x, pixels, in, kept.x_mean.get());
  }
  kept.candidates.resize(layer.candidates.size());
  for (size_t c = 0; c < layer.candidates.size(); ++c) {
    result.statistics.push_back(ForwardCandidate(kept, kept.candidates[c], layer.candidates[c], x, covariance.get()));
  }
  MixOutputs(plan, layer, kept.candidates, x, y);
}

}  // namespace HWY_NAMESPACE
}  // namespace danas::kernels
HWY_AFTER_NAMESPACE();
#endif
