// Convolutions as the blocks use them: padded so that the size is ceil(input / stride), weights in channels_last unless
// MoveTo says otherwise, most of them followed by batch norm and an activation.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <memory>
#include <optional>

#include "danas/arch/block_graph.h"
#include "danas/nn/norm.h"

namespace danas {

struct ConvolutionShape {
  int64_t in = 0;
  int64_t out = 0;
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t groups = 1;
  Padding padding = Padding::kSymmetric;
};

// Names as in PyTorch: weight [out, in / groups, kernel, kernel], bias [out]. Uninitialised until InitializeWeights().
class Convolution : public torch::nn::Module {
 public:
  explicit Convolution(const ConvolutionShape& shape, bool with_bias = false);
  at::Tensor forward(const at::Tensor& x_nchw);

  const ConvolutionShape& shape() const { return shape_; }

  at::Tensor weight, bias;

 private:
  ConvolutionShape shape_;
};

// conv, norm, and the activation where there is one.
class ConvNorm : public torch::nn::Module {
 public:
  ConvNorm(const ConvolutionShape& shape, const NormSpec& norm, bool affine, std::optional<Activation> activation,
           bool with_bias = false);
  at::Tensor forward(const at::Tensor& x_nchw);

  Convolution& conv() const { return *conv_; }
  BatchNorm& norm() const { return *norm_; }
  const std::optional<Activation>& activation() const { return activation_; }

 private:
  std::shared_ptr<Convolution> conv_;
  std::shared_ptr<BatchNorm> norm_;
  std::optional<Activation> activation_;
};

}  // namespace danas
