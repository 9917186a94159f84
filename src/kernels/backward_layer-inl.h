// A layer's backward: its passes in order, and the weights' gradients from their sums.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "danas/kernels/parallel.h"
#include "hwy/highway.h"
#include "src/kernels/buffer.h"
#include "src/kernels/plan.h"
#include "src/kernels/state.h"

#if defined(DANAS_KERNELS_BACKWARD_LAYER_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DANAS_KERNELS_BACKWARD_LAYER_INL_H_
#undef DANAS_KERNELS_BACKWARD_LAYER_INL_H_
#else
#define DANAS_KERNELS_BACKWARD_LAYER_INL_H_
#endif

#include "src/kernels/backward_input-inl.h"
#include "src/kernels/backward_project-inl.h"
#include "src/kernels/depthwise-inl.h"
#include "src/kernels/forward-inl.h"

HWY_BEFORE_NAMESPACE();
namespace danas::kernels {
namespace HWY_NAMESPACE {

// What all candidates add their share to.
template <typename T>
struct LayerBackward {
  const T* gradient = nullptr;  // of y, behind the clip
  T* x_gradient = nullptr;
  Buffer<T> behind = {};                  // reused by each candidate
  Buffer<T> negated = {}, constant = {};  // the expansions' norms, see AddExpandCorrection()
  bool corrects = false;
};

template <typename T>
void StoreAll(const std::vector<double>& values, double factor, T* to) {
  if (to) std::ranges::transform(values, to, [&](double value) { return static_cast<T>(factor * value); });
}

template <typename T>
void ScaleAll(T factor, int64_t count, T* values) {
  for (int64_t i = 0; i < count; i += kLanes<T>) {
    StoreFirst(hn::Mul(Set(factor), LoadFirst(values + i, count - i)), values + i, count - i);
  }
}

// sum of a * b, in double.
template <typename T>
double DotInDouble(const T* a, const T* b, int64_t count) {
  double sum = 0;
  int64_t i = 0;
  if constexpr (sizeof(T) == 4) {
    const hn::CappedTag<double, 8> wide;
    const hn::Rebind<T, decltype(wide)> narrow;
    const auto lanes = static_cast<int64_t>(hn::Lanes(wide));
    auto sums = hn::Zero(wide);
    for (; i + lanes <= count; i += lanes) {
      sums = hn::MulAdd(hn::PromoteTo(wide, hn::LoadU(narrow, a + i)), hn::PromoteTo(wide, hn::LoadU(narrow, b + i)),
                        sums);
    }
    sum = hn::GetLane(hn::SumOfLanes(wide, sums));
  }
  for (; i < count; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

// The rest of an expansion's backward, from the sums that BackwardInput() took: what its norm adds to the gradients of
// x and of the weights, and the norm's own gradients.
template <typename T>
void FinishExpand(const BackwardCall<T>& call, const ColumnBlocks<T>& expand, bool affine, bool direct, const T* x_mean,
                  const Buffer<T>& sums, ThreadSums<T>& parts, const CandidateGradients<T>& to,
                  LayerBackward<T>& layer) {
  const LayerPlan& plan = call.plan;
  const int64_t in = plan.size.in, middle = call.candidate.middle;
  const auto pixels = static_cast<double>(plan.total_in_pixels());
  const NormLanes<T>& norm = call.kept.expand_norm;
  std::vector<double> plain, normalised;
  AddUpSums(sums, plan.tasks(), middle, plain, normalised);
  Buffer<T> gradient;  // of `expand` but for what its norm adds, [middle][in]; with affine norms before their scale
  if (parts.wanted() && (affine || !direct)) {
    gradient.Resize(middle * in);
    UnpackRows(parts, middle, in, gradient.get());
  }
  std::vector<double> factor(static_cast<size_t>(middle));  // of the affine norm: what `gradient` still lacks
  for (int64_t c = 0; c < middle; ++c) {
    factor[c] = affine ? norm.scale[c] : 1;
    if (!affine) continue;
    // The second sum was taken with v = weight * normalised u + bias; that of u follows from the weights' gradient.
    const double with_u = DotInDouble(call.candidate.expand + c * in, gradient.get() + c * in, in);
    normalised[c] = norm.inverse_c[c] * (with_u - norm.mean_c[c] * plain[c]);
  }
  StoreAll(normalised, 1, to.norm_weight[0]);
  StoreAll(plain, 1, to.norm_bias[0]);

  if (direct) {
    Buffer<T> first = Zeros<T>(Padded<T>(middle)), second = Zeros<T>(Padded<T>(middle));
    for (int64_t c = 0; c < middle; ++c) {
      const double scale = norm.scale[c];
      first[c] = static_cast<T>((affine ? 1 : scale) * plain[c] / pixels);
      second[c] = static_cast<T>((affine ? 1 : scale) * normalised[c] / pixels);
    }
    BackwardExpandDirect(call, expand, first.get(), second.get(), layer.x_gradient, to.expand ? &parts : nullptr);
    if (to.expand == nullptr) return;
    UnpackRows(parts, middle, in, to.expand);
    for (int64_t c = 0; affine && c < middle; ++c) ScaleAll(static_cast<T>(factor[c]), in, to.expand + c * in);
    return;
  }
  std::vector<T> square(static_cast<size_t>(middle)), offset(static_cast<size_t>(middle));
  for (int64_t c = 0; c < middle; ++c) {
    const double scale = norm.scale[c], b = scale * norm.inverse_c[c] * normalised[c] / pixels;
    square[c] = static_cast<T>(b);
    offset[c] = static_cast<T>(b * norm.mean_c[c] - scale * plain[c] / pixels);
  }
  AddExpandCorrection(call.candidate.expand, middle, in, square, offset, layer.negated.get(), layer.constant.get());
  layer.corrects = true;
  if (to.expand == nullptr) return;
  constexpr int64_t kRowsATask = 24;
  ForEachRange(
      "finish expand", (middle + kRowsATask - 1) / kRowsATask,
      [&](int64_t begin, int64_t end, int64_t) HWY_ATTR {
        for (int64_t c = begin * kRowsATask; c < std::min(middle, end * kRowsATask); ++c) {
          const Vec<T> own = Set(static_cast<T>(factor[c]));
          const Vec<T> from_covariance = Set(static_cast<T>(norm.scale[c] * norm.inverse_c[c] * normalised[c]));
          const Vec<T> from_mean = Set(static_cast<T>(norm.scale[c] * plain[c]));
          const T* covariance = call.kept.expand_covariance.get() + c * Padded<T>(in);
          for (int64_t i = 0; i < in; i += kLanes<T>) {
            Vec<T> value = hn::Mul(own, LoadFirst(gradient.get() + c * in + i, in - i));
            value = hn::NegMulAdd(from_covariance, Load(covariance + i), value);
            value = hn::NegMulAdd(from_mean, Load(x_mean + i), value);
            StoreFirst(value, to.expand + c * in + i, in - i);
          }
        }
      },
      kRowsATask * in / 8);
}

template <typename T>
void BackwardCandidate(KeptLayer<T>& kept, size_t c, const Layer<T>& layer, const T* x, const OutputSums& outputs,
                       const CandidateGradients<T>& to, LayerBackward<T>& shared) {
  const LayerPlan& plan = kept.plan;
  const Candidate<T>& candidate = layer.candidates[c];
  const int64_t in = plan.size.in, out = plan.size.out, middle = candidate.middle, padded = Padded<T>(middle);
  const int64_t taps = candidate.kernel * candidate.kernel;
  // Weights' gradients are summed by each thread; no pass has more tasks that add to them.
  const int64_t parts = std::min(Threads(), plan.tasks() * BlocksOf<T>(middle));
  const BackwardCall<T> call{plan, candidate, kept.candidates[c], x, BlocksOf<T>(middle)};
  StoreAll(outputs.normalised[c], candidate.weight, to.norm_weight[2]);
  StoreAll(outputs.plain, candidate.weight, to.norm_bias[2]);
  const NormBackward<T> project_norm(call.kept.project_norm, candidate.weight,
                                     static_cast<double>(plan.total_out_pixels()), outputs.plain,
                                     outputs.normalised[c]);

  T* behind = shared.behind.get();
  const auto block_sums = [&](int64_t rows) { return ThreadSums<T>(parts, call.blocks, rows * kLanes<T>); };
  Buffer<T> sums(2 * plan.tasks() * padded);
  ThreadSums<T> project_parts, depthwise_parts, expand_parts;
  if (to.project) project_parts = block_sums(out);
  BackwardProject(call, shared.gradient, project_norm, behind, sums.get(), project_parts);
  if (to.project) UnpackColumns(project_parts, out, middle, to.project);
  std::vector<double> plain, normalised;
  AddUpSums(sums, plan.tasks(), middle, plain, normalised);
  StoreAll(normalised, 1, to.norm_weight[1]);
  StoreAll(plain, 1, to.norm_bias[1]);
  const NormBackward<T> depthwise_norm(call.kept.depthwise_norm, 1, static_cast<double>(plan.total_out_pixels()), plain,
                                       normalised);

  const bool affine = candidate.expand_norm.weight != nullptr || candidate.expand_norm.bias != nullptr;
  if (to.depthwise) depthwise_parts = block_sums(taps);
  if (candidate.expand && (to.expand || affine)) expand_parts = block_sums(in);
  const ColumnBlocks<T> expand = candidate.expand
                                     ? ColumnBlocks<T>(candidate.expand, middle, in, /*pad_rows=*/true,
                                                       affine ? call.kept.expand_norm.scale.get() : nullptr)
                                     : ColumnBlocks<T>(nullptr, 0, 0, false, nullptr);
  const InputGradients<T> input = {.x = shared.x_gradient,
                                   .first = c == 0,
                                   .sums = sums.get(),
                                   .expand = expand_parts,
                                   .depthwise = depthwise_parts};
  WithKernelAndStride(candidate.kernel, plan.size.stride, [&]<int kKernel, int kStride>() HWY_ATTR {
    BackwardInput<T, kKernel, kStride>(call, depthwise_norm, behind, expand, /*scale_u=*/!affine, input);
  });
  if (to.depthwise) UnpackRows(depthwise_parts, middle, taps, to.depthwise);
  if (candidate.expand) {
    FinishExpand(call, expand, affine, kept.direct, kept.x_mean.get(), sums, expand_parts, to, shared);
  }
}

template <typename T>
void BackwardLayer(KeptLayer<T>& kept, const Layer<T>& layer, const T* x, const T* y_gradient,
                   Gradients<T>& gradients) {
  const LayerPlan& plan = kept.plan;
  const int64_t in = plan.size.in, out = plan.size.out;
  LayerBackward<T> shared{.gradient = y_gradient, .x_gradient = gradients.x};
  Buffer<T> masked, x_of_its_own;
  const Clip none, clip = layer.candidates.size() == 1 ? layer.candidates[0].project_norm.clip : none;
  if (clip.lowest != none.lowest || clip.highest != none.highest) {
    masked = ThroughClip(plan, layer.candidates[0], kept.candidates[0], y_gradient);
    shared.gradient = masked.get();
  }
  const OutputSums outputs =
      SumOutputs(plan, kept.candidates, shared.gradient, gradients.shortcut_wanted ? x : nullptr);
  gradients.shortcut = outputs.input;
  gradients.weight_c.clear();
  for (size_t c = 0; c < layer.candidates.size(); ++c) {
    const Norm<T>& norm = layer.candidates[c].project_norm;
    double sum = 0;
    for (int64_t o = 0; o < out; ++o) {
      sum += (norm.weight ? norm.weight[o] : 1) * outputs.normalised[c][o];
      if (norm.bias) sum += norm.bias[o] * outputs.plain[o];
    }
    gradients.weight_c.push_back(sum);
  }
  if (gradients.x == nullptr && gradients.candidates.empty()) return;

  if (gradients.x == nullptr) {
    x_of_its_own.Resize(plan.total_in_pixels() * in);
    shared.x_gradient = x_of_its_own.get();
  }
  int64_t widest = 0;
  for (const Candidate<T>& candidate : layer.candidates) widest = std::max(widest, Padded<T>(candidate.middle));
  shared.behind.Resize(plan.total_out_pixels() * widest);
  shared.negated = Zeros<T>(Padded<T>(in) * in);
  shared.constant = Zeros<T>(Padded<T>(in));
  for (size_t c = 0; c < layer.candidates.size(); ++c) {
    const CandidateGradients<T> to = gradients.candidates.empty() ? CandidateGradients<T>{} : gradients.candidates[c];
    BackwardCandidate(kept, c, layer, x, outputs, to, shared);
  }
  if (layer.candidates.empty()) std::fill_n(shared.x_gradient, plan.total_in_pixels() * in, T(0));
  if (shared.corrects || layer.shortcut != 0) {
    AddInputCorrection(plan, x, shared.negated.get(), shared.constant.get(), layer.shortcut, shared.gradient,
                       shared.x_gradient);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace danas::kernels
HWY_AFTER_NAMESPACE();
#endif
