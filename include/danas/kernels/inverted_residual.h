// A mixed layer of inverted residuals, forward and backward, as one piece of work on the CPU: y = sum over c of
// weight_c * candidate_c(x) + shortcut * x, every batch norm inside. Derivation: docs/fused-layers.md.
//
// Images are NHWC, weights as PyTorch's modules hold them. T is float, or double where exactness is wanted.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

namespace danas::kernels {

// x [images, height, width, in] -> y [images, ceil(height / stride), ceil(width / stride), out]; stride is 1 or 2.
struct LayerSize {
  int64_t images = 0;
  int64_t height = 0;
  int64_t width = 0;
  int64_t in = 0;
  int64_t out = 0;
  int64_t stride = 1;
};

// min(max(v, lowest), highest): ReLU is {0, infinity}, ReLU6 {0, 6}; as it stands, no activation.
struct Clip {
  double lowest = -std::numeric_limits<double>::infinity();
  double highest = std::numeric_limits<double>::infinity();
};

// What follows a convolution: batch norm, then the activation.
template <typename T>
struct Norm {
  const T* weight = nullptr;  // [channels]; null: ones
  const T* bias = nullptr;    // null: zeros
  double epsilon = 1e-5;
  Clip clip = {};
  // [channels]. Evaluate() normalises with these, Forward() with the batch's own.
  const T* running_mean = nullptr;
  const T* running_variance = nullptr;
};

// 1x1 to `middle` channels, norm; kernel x kernel depthwise of the layer's stride, norm; 1x1 to `out`, norm.
template <typename T>
struct Candidate {
  int64_t middle = 0;
  int64_t kernel = 3;            // 3, 5 or 7
  const T* expand = nullptr;     // [middle, in]; null: the input goes to the depthwise as it is, and middle = in
  const T* depthwise = nullptr;  // [middle, kernel, kernel]
  const T* project = nullptr;    // [out, middle]
  Norm<T> expand_norm, depthwise_norm;
  Norm<T> project_norm;  // its clip is for a layer of one candidate of weight 1 and no shortcut
  double weight = 1;
};

template <typename T>
struct Layer {
  LayerSize size;
  std::vector<Candidate<T>> candidates;  // may be empty: y = shortcut * x
  double shortcut = 0;                   // of a layer that keeps its shape
};

// Of a batch, over images and positions; the variance is the biased one.
struct NormStatistics {
  std::vector<double> mean_c, variance_c;
  int64_t count = 0;
};
struct CandidateStatistics {
  NormStatistics expand, depthwise, project;
};

// What Forward() leaves for Backward().
template <typename T>
struct KeptLayer;

template <typename T>
struct Forwarded {
  std::shared_ptr<KeptLayer<T>> kept;
  std::vector<CandidateStatistics> statistics;  // one a candidate; `expand` is empty where there is none
};

// Where gradients go; written, not added to. Null: not wanted.
template <typename T>
struct CandidateGradients {
  T* expand = nullptr;
  T* depthwise = nullptr;
  T* project = nullptr;
  std::array<T*, 3> norm_weight = {};  // expand's, depthwise's, project's
  std::array<T*, 3> norm_bias = {};
};

template <typename T>
struct Gradients {
  T* x = nullptr;
  std::vector<CandidateGradients<T>> candidates;  // empty, or one a candidate
  bool shortcut_wanted = false;                   // of a layer that keeps its shape
  std::vector<double> weight_c;                   // of the candidates' weights; always given
  double shortcut = 0;                            // given where wanted
};

// Normalises with the batch's statistics.
template <typename T>
Forwarded<T> Forward(const Layer<T>& layer, const T* x, T* y);

// The layer, x and all weights are those of Forward(), unchanged.
template <typename T>
void Backward(KeptLayer<T>& kept, const Layer<T>& layer, const T* x, const T* y_gradient, Gradients<T>& gradients);

// Normalises with the running statistics; nothing is kept.
template <typename T>
void Evaluate(const Layer<T>& layer, const T* x, T* y);

}  // namespace danas::kernels
