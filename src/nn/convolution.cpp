#include "danas/nn/convolution.h"

#include <ATen/ATen.h>

namespace danas {

ConvolutionShape OperatorShape(const OperatorSpec& op, int64_t channels, int64_t stride) {
  return {.in = channels,
          .out = channels,
          .kernel = op.kernel,
          .stride = stride,
          .groups = op.kind == OperatorKind::kDepthwise ? channels : 1};
}

Convolution::Convolution(const ConvolutionShape& shape, bool with_bias) : shape_(shape) {
  weight = register_parameter("weight", at::empty({shape.out, shape.in / shape.groups, shape.kernel, shape.kernel},
                                                  at::MemoryFormat::ChannelsLast));
  if (with_bias) bias = register_parameter("bias", at::empty({shape.out}));
}

at::Tensor Convolution::forward(const at::Tensor& x_nchw) {
  const int64_t padding = shape_.kernel / 2;
  return at::conv2d(x_nchw, weight, bias, {shape_.stride, shape_.stride}, {padding, padding}, {1, 1}, shape_.groups);
}

ConvNorm::ConvNorm(const ConvolutionShape& shape, const NormSpec& norm, bool affine,
                   std::optional<Activation> activation)
    : activation_(activation) {
  conv_ = register_module("conv", std::make_shared<Convolution>(shape));
  norm_ = register_module("norm", std::make_shared<BatchNorm>(shape.out, norm, affine));
}

at::Tensor ConvNorm::forward(const at::Tensor& x_nchw) { return norm_->forward(conv_->forward(x_nchw), activation_); }

}  // namespace danas
