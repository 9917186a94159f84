#include "danas/nn/convolution.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <utility>

namespace danas {
namespace {

// Whether the norm is a fixed factor and summand of each channel, of which autograd wants to know nothing. Under
// autocast the factors would be rounded with the weights.
bool CanFold(const Convolution& conv, const BatchNorm& norm, const at::Tensor& x) {
  return c10::InferenceMode::is_enabled() && norm.mode() == NormMode::kRunning &&
         x.scalar_type() == conv.weight.scalar_type() && !at::autocast::is_autocast_enabled(x.device().type());
}

struct Zeros {
  int64_t before = 0, behind = 0;
};

Zeros ZerosAround(int64_t size, const ConvolutionShape& shape) {
  if (shape.padding == Padding::kSymmetric) return {shape.kernel / 2, shape.kernel / 2};
  const int64_t results = (size + shape.stride - 1) / shape.stride;
  const int64_t all = std::max<int64_t>((results - 1) * shape.stride + shape.kernel - size, 0);
  return {all / 2, all - all / 2};
}

at::Tensor Convolve(const at::Tensor& x_nchw, const ConvolutionShape& shape, const at::Tensor& weight,
                    const at::Tensor& bias) {
  const Zeros rows = ZerosAround(x_nchw.size(2), shape), columns = ZerosAround(x_nchw.size(3), shape);
  const auto convolve = [&](const at::Tensor& x, at::IntArrayRef padding) {
    return at::conv2d(x, weight, bias, {shape.stride, shape.stride}, padding, {1, 1}, shape.groups);
  };
  if (rows.before == rows.behind && columns.before == columns.behind) {
    return convolve(x_nchw, {rows.before, columns.before});
  }
  return convolve(at::constant_pad_nd(x_nchw, {columns.before, columns.behind, rows.before, rows.behind}), {0, 0});
}

// norm(conv(x)) as one convolution. Folded anew each time: that is as much work as one pixel of the result, and weights
// may have moved.
at::Tensor Folded(const Convolution& conv, const BatchNorm& norm, const at::Tensor& x_nchw) {
  at::Tensor factor_c = at::rsqrt(norm.running_var.to(at::kDouble) + norm.epsilon());
  if (norm.weight.defined()) factor_c *= norm.weight;
  const at::Tensor& mean_c = norm.running_mean;
  at::Tensor summand_c = (conv.bias.defined() ? conv.bias - mean_c : -mean_c) * factor_c;
  if (norm.bias.defined()) summand_c += norm.bias;
  return Convolve(x_nchw, conv.shape(), conv.weight * factor_c.to(conv.weight.scalar_type()).view({-1, 1, 1, 1}),
                  summand_c.to(conv.weight.scalar_type()));
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

at::Tensor Convolution::forward(const at::Tensor& x_nchw) { return Convolve(x_nchw, shape_, weight, bias); }

ConvNorm::ConvNorm(const ConvolutionShape& shape, const NormSpec& norm, bool affine,
                   std::optional<Activation> activation, bool with_bias)
    : activation_(activation) {
  conv_ = register_module("conv", std::make_shared<Convolution>(shape, with_bias));
  norm_ = register_module("norm", std::make_shared<BatchNorm>(shape.out, norm, affine));
}

at::Tensor ConvNorm::forward(const at::Tensor& x_nchw) {
  if (!CanFold(*conv_, *norm_, x_nchw)) return norm_->forward(conv_->forward(x_nchw), activation_);
  at::Tensor y = Folded(*conv_, *norm_, x_nchw);
  return activation_ ? ActivateInPlace(std::move(y), *activation_) : y;
}

}  // namespace danas
