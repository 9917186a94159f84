// What a layer keeps between forward and backward. u, d and z are the outputs of a candidate's three convolutions; u is
// never stored.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "danas/kernels/inverted_residual.h"
#include "src/kernels/buffer.h"
#include "src/kernels/plan.h"

namespace danas::kernels {

// A batch norm as two affine maps of the convolution's output, padded with zeros: v = x * scale + shift is what the
// activation gets, x * inverse + centre is the normalised value before weight and bias.
template <typename T>
struct NormLanes {
  std::vector<double> mean_c, inverse_c;  // 1 / sqrt(variance + epsilon)
  Buffer<T> scale, shift, inverse, centre;
};

template <typename T>
struct KeptCandidate {
  Buffer<T> expand;        // [block][in][lanes]; times the norm's scale
  Buffer<T> plain_expand;  // as it is; only where KeptLayer::direct
  Buffer<T> depthwise;     // [block][taps][lanes]
  NormLanes<T> expand_norm, depthwise_norm, project_norm;
  Buffer<T> expand_covariance;  // expand * covariance of x, [middle][in, padded]
  Buffer<T> d;                  // [group][block][pixel of the group][lanes]
  Buffer<T> z;                  // [pixel][out]
};

template <typename T>
struct KeptLayer {
  explicit KeptLayer(const LayerPlan& layer_plan) : plan(layer_plan) {}

  LayerPlan plan;
  // Few pixels: the statistics of u are taken from u itself, not from the covariance of x.
  bool direct = false;
  Buffer<T> x_mean;  // [in, padded]
  std::vector<KeptCandidate<T>> candidates;
};

}  // namespace danas::kernels
