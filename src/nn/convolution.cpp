#include "danas/nn/convolution.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <c10/core/InferenceMode.h>

#include <utility>

namespace danas {
namespace {

// Whether the norm is a fixed factor and summand of each channel, of which autograd wants to know nothing. Under
// autocast the factors would be rounded with the weights.
bool CanFold(const Convolution& conv, const BatchNorm& norm, const at::Tensor& x) {
  return c10::InferenceMode::is_enabled() && norm.mode() == NormMode::kRunning &&
         x.scalar_type() == conv.weight.scalar_type() && !at::autocast::is_autocast_enabled(x.device().type());
}

// norm(conv(x)) as one convolution. Folded anew each time: that is as much work as one pixel of the result, and weights
// may have moved.
at::Tensor Folded(const Convolution& conv, const BatchNorm& norm, const at::Tensor& x_nchw) {
  at::Tensor factor_c = at::rsqrt(norm.running_var.to(at::kDouble) + norm.epsilon());
  if (norm.weight.defined()) factor_c *= norm.weight;
  at::Tensor summand_c = -norm.running_mean * factor_c;
  if (norm.bias.defined()) summand_c += norm.bias;
  const ConvolutionShape& shape = conv.shape();
  const int64_t padding = shape.kernel / 2;
  return at::conv2d(x_nchw, conv.weight * factor_c.to(conv.weight.scalar_type()).view({-1, 1, 1, 1}),
                    summand_c.to(conv.weight.scalar_type()), {shape.stride, shape.stride}, {padding, padding}, {1, 1},
                    shape.groups);
}

at::Tensor ActivateInPlace(at::Tensor y, Activation activation) {
  if (activation == Activation::kRelu) return at::relu_(y);
  if (activation == Activation::kRelu6) return at::hardtanh_(y, 0, 6);
  return Activate(y, activation);
}

}  // namespace

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

at::Tensor ConvNorm::forward(const at::Tensor& x_nchw) {
  if (!CanFold(*conv_, *norm_, x_nchw)) return norm_->forward(conv_->forward(x_nchw), activation_);
  at::Tensor y = Folded(*conv_, *norm_, x_nchw);
  return activation_ ? ActivateInPlace(std::move(y), *activation_) : y;
}

}  // namespace danas
