#include "danas/nn/graph_modules.h"

#include <ATen/ATen.h>

namespace danas {

Deconvolution::Deconvolution(int64_t in, const DeconvolutionStep& step, bool with_bias) : step_(step) {
  weight = register_parameter(
      "weight", at::empty({in, step.out / step.groups, step.kernel, step.kernel}, at::MemoryFormat::ChannelsLast));
  if (with_bias) bias = register_parameter("bias", at::empty({step.out}));
}

at::Tensor Deconvolution::forward(const at::Tensor& x_nchw) {
  // What the windows reach beyond the result's size, half of it cut off at each side.
  const int64_t beyond = step_.kernel - step_.stride, padding = (beyond + 1) / 2, output_padding = beyond % 2;
  return at::conv_transpose2d(x_nchw, weight, bias, {step_.stride, step_.stride}, {padding, padding},
                              {output_padding, output_padding}, step_.groups);
}

DeconvNorm::DeconvNorm(int64_t in, const DeconvolutionStep& step, const NormSpec& norm, bool affine) {
  conv_ = register_module("conv", std::make_shared<Deconvolution>(in, step, step.bias));
  norm_ = register_module("norm", std::make_shared<BatchNorm>(step.out, norm, affine));
}

at::Tensor DeconvNorm::forward(const at::Tensor& x_nchw) { return norm_->forward(conv_->forward(x_nchw)); }

LayerNorm::LayerNorm(int64_t channels, double epsilon, bool affine) : channels_(channels), epsilon_(epsilon) {
  if (!affine) return;
  weight = register_parameter("weight", at::empty({channels}));
  bias = register_parameter("bias", at::empty({channels}));
}

at::Tensor LayerNorm::forward(const at::Tensor& x_nchw) {
  const at::Tensor y = at::layer_norm(x_nchw.permute({0, 2, 3, 1}), {channels_}, weight, bias, epsilon_);
  return y.permute({0, 3, 1, 2}).contiguous(x_nchw.suggest_memory_format());
}

ChannelScale::ChannelScale(int64_t channels, double initial) : initial_(initial) {
  weight = register_parameter("weight", at::empty({channels}));
}

at::Tensor ChannelScale::forward(const at::Tensor& x_nchw) { return x_nchw * weight.view({1, -1, 1, 1}); }

}  // namespace danas
