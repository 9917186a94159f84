#include "danas/nn/head.h"

#include <ATen/ATen.h>

#include "danas/nn/pool.h"

namespace danas {

FullyConnected::FullyConnected(int64_t in, int64_t out, bool with_bias) {
  weight = register_parameter("weight", at::empty({out, in}));
  if (with_bias) bias = register_parameter("bias", at::empty({out}));
}

at::Tensor FullyConnected::forward(const at::Tensor& x_nf) { return at::linear(x_nf, weight, bias); }

Head::Head(const SearchSpace& space, bool affine) : dropout_(space.head().dropout) {
  int64_t channels = space.layers().back().shape.out;
  const HeadSpec& spec = space.head();
  if (spec.channels > 0) {
    expand_ = register_module("expand", std::make_shared<ConvNorm>(ConvolutionShape{channels, spec.channels},
                                                                   space.norm(), affine, spec.activation));
    channels = spec.channels;
  }
  classifier_ = register_module("classifier", std::make_shared<FullyConnected>(channels, space.classes(), spec.bias));
}

at::Tensor Head::Features(const at::Tensor& x_nchw) {
  return GlobalAverage(expand_ ? expand_->forward(x_nchw) : x_nchw).flatten(1);
}

at::Tensor Head::Classify(const at::Tensor& features_nf) {
  const bool drops = dropout_ > 0 && is_training();
  return classifier_->forward(drops ? at::dropout(features_nf, dropout_, /*train=*/true) : features_nf);
}

}  // namespace danas
