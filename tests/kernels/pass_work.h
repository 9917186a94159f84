// What each pass of the fused kernels multiplies, and layers of random numbers to run them on: for the test of tasks
// and for the bench of passes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "danas/core/random.h"
#include "danas/kernels/inverted_residual.h"

namespace danas::kernels {

struct CandidateSize {
  int64_t middle = 0;
  int64_t kernel = 3;
  bool expands = true;
  bool affine = false;  // its norms have weights and biases
};

inline int64_t OutHeight(const LayerSize& size) { return (size.height + size.stride - 1) / size.stride; }
inline int64_t OutWidth(const LayerSize& size) { return (size.width + size.stride - 1) / size.stride; }

// Multiply-adds of each pass over one candidate in a step that wants all gradients, or in one that wants only those of
// x and of the candidates' weights; of passes that only read and write, the elements.
inline std::map<std::string, double> PassWork(const LayerSize& size, const CandidateSize& candidate,
                                              bool weights_too = true) {
  const auto in_pixels = static_cast<double>(size.images * size.height * size.width);
  const auto out_pixels = static_cast<double>(size.images * OutHeight(size) * OutWidth(size));
  const auto mid = static_cast<double>(candidate.middle), in = static_cast<double>(size.in),
             out = static_cast<double>(size.out);
  const double expand = candidate.expands ? in_pixels * mid * in : 0, project = out_pixels * mid * out;
  const double depthwise = out_pixels * mid * static_cast<double>(candidate.kernel * candidate.kernel);
  const int both = weights_too ? 2 : 1;
  return {{"forward depthwise", expand + depthwise},
          {"forward project", project},
          {"backward project", both * project},
          {"backward input", (both + 1) * expand + both * depthwise},
          {"evaluate", expand + depthwise + project},
          {"expand statistics", candidate.expands ? mid * in * in : 0},
          {"expand correction", candidate.expands ? mid * in * in : 0},
          {"expand directly", expand},
          {"backward expand", both * expand},
          {"backward expand to x", expand}};
}

// The same of the passes that a layer has once.
inline std::map<std::string, double> LayerPassWork(const LayerSize& size) {
  const auto in_pixels = static_cast<double>(size.images * size.height * size.width);
  const auto in = static_cast<double>(size.in);
  const double outputs = static_cast<double>(size.images * OutHeight(size) * OutWidth(size) * size.out);
  return {{"mix outputs", outputs},
          {"sum outputs", outputs},
          {"input covariance", in_pixels * in * in / 2},
          {"correct input", in_pixels * in * in}};
}

// A layer with weights, an input and a gradient of its output, all random; candidates that keep the shape add their
// input.
class RandomLayer {
 public:
  RandomLayer(const RandomLayer&) = delete;
  RandomLayer& operator=(const RandomLayer&) = delete;
  RandomLayer(const LayerSize& size, const std::vector<CandidateSize>& candidates) : random_(1, "layer") {
    const int64_t out_elements = size.images * OutHeight(size) * OutWidth(size) * size.out;
    x = Draw(size.images * size.height * size.width * size.in);
    y.resize(static_cast<size_t>(out_elements));
    y_gradient = Draw(out_elements);
    x_gradient.resize(x.size());
    layer.size = size;
    if (size.stride == 1 && size.in == size.out) layer.shortcut = static_cast<double>(candidates.size());
    weights_.reserve(20 * candidates.size());
    int64_t widest = size.out;
    for (const CandidateSize& candidate : candidates) widest = std::max(widest, candidate.middle);
    mean_.assign(static_cast<size_t>(widest), 0.0F);
    variance_.assign(mean_.size(), 1.0F);
    for (const CandidateSize& candidate : candidates) Add(candidate);
  }

  void RunForward() { kept_ = Forward(layer, x.data(), y.data()).kept; }
  void RunBackward(bool weights_too) {
    Gradients<float> gradients;
    gradients.x = x_gradient.data();
    gradients.shortcut_wanted = layer.shortcut != 0;
    if (weights_too) gradients.candidates = to_;
    Backward(*kept_, layer, x.data(), y_gradient.data(), gradients);
  }
  void RunEvaluate() { Evaluate(layer, x.data(), y.data()); }

  Layer<float> layer;
  std::vector<float> x, y, y_gradient, x_gradient;

 private:
  std::vector<float> Draw(int64_t count) {
    std::vector<float> values(static_cast<size_t>(count));
    for (float& value : values) value = static_cast<float>(random_.Uniform(-1, 1));
    return values;
  }
  float* Weights(int64_t count) { return weights_.emplace_back(Draw(count)).data(); }

  void Add(const CandidateSize& size) {
    const LayerSize& whole = layer.size;
    const int64_t expand = size.middle * whole.in, depthwise = size.middle * size.kernel * size.kernel,
                  project = whole.out * size.middle;
    const auto norm = [&](int64_t channels, const Clip& clip) {
      Norm<float> made{.clip = clip, .running_mean = mean_.data(), .running_variance = variance_.data()};
      if (size.affine) {
        made.weight = Weights(channels);
        made.bias = Weights(channels);
      }
      return made;
    };
    layer.candidates.push_back({.middle = size.middle,
                                .kernel = size.kernel,
                                .expand = size.expands ? Weights(expand) : nullptr,
                                .depthwise = Weights(depthwise),
                                .project = Weights(project),
                                .expand_norm = norm(size.middle, {0, 6}),
                                .depthwise_norm = norm(size.middle, {0, 6}),
                                .project_norm = norm(whole.out, {})});
    to_.push_back({.expand = size.expands ? Weights(expand) : nullptr,
                   .depthwise = Weights(depthwise),
                   .project = Weights(project)});
    if (!size.affine) return;
    for (size_t which = 0; which < 3; ++which) {
      if (which == 0 && !size.expands) continue;
      const int64_t channels = which == 2 ? whole.out : size.middle;
      to_.back().norm_weight[which] = Weights(channels);
      to_.back().norm_bias[which] = Weights(channels);
    }
  }

  RandomStream random_;
  std::vector<std::vector<float>> weights_;  // reserved: pointers into them stay
  std::vector<float> mean_, variance_;
  std::vector<CandidateGradients<float>> to_;
  std::shared_ptr<KeptLayer<float>> kept_;
};

}  // namespace danas::kernels
