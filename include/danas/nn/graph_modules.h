// Modules of graphs that only defined blocks have (arch/block_definition.h).
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>

#include "danas/arch/block_graph.h"
#include "danas/nn/norm.h"

namespace danas {

// Names as in PyTorch: weight [in, out / groups, kernel, kernel], bias [out]. Uninitialised until InitializeWeights().
class Deconvolution : public torch::nn::Module {
 public:
  Deconvolution(int64_t in, const DeconvolutionStep& step, bool with_bias);
  // [N, in, H, W] -> [N, out, H * stride, W * stride]
  at::Tensor forward(const at::Tensor& x_nchw);

  at::Tensor weight, bias;

 private:
  DeconvolutionStep step_;
};

// conv, norm.
class DeconvNorm : public torch::nn::Module {
 public:
  DeconvNorm(int64_t in, const DeconvolutionStep& step, const NormSpec& norm, bool affine);
  at::Tensor forward(const at::Tensor& x_nchw);

 private:
  std::shared_ptr<Deconvolution> conv_;
  std::shared_ptr<BatchNorm> norm_;
};

// Over the channels of each pixel. Names as in PyTorch: weight, bias (affine only).
class LayerNorm : public torch::nn::Module {
 public:
  LayerNorm(int64_t channels, double epsilon, bool affine);
  at::Tensor forward(const at::Tensor& x_nchw);

  at::Tensor weight, bias;

 private:
  int64_t channels_;
  double epsilon_;
};

// Each channel times its weight.
class ChannelScale : public torch::nn::Module {
 public:
  ChannelScale(int64_t channels, double initial);
  at::Tensor forward(const at::Tensor& x_nchw);

  double initial() const { return initial_; }

  at::Tensor weight;

 private:
  double initial_;
};

}  // namespace danas
