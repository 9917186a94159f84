#include "danas/nn/head.h"

#include <ATen/ATen.h>

#include "danas/nn/norm.h"
#include "danas/nn/pool.h"

namespace danas {

FullyConnected::FullyConnected(int64_t in, int64_t out, bool with_bias) {
  weight = register_parameter("weight", at::empty({out, in}));
  if (with_bias) bias = register_parameter("bias", at::empty({out}));
}

at::Tensor FullyConnected::forward(const at::Tensor& x_nf) { return at::linear(x_nf, weight, bias); }

Head::Head(const SearchSpace& space, bool affine) : spec_(space.head()) {
  if (space.has_heat_maps()) {
    heat_maps_ = register_module(
        "heat_maps", std::make_shared<Convolution>(ConvolutionShape{space.feature_channels(), space.classes()},
                                                   /*with_bias=*/true));
    return;
  }
  if (spec_.channels > 0) {
    expand_ =
        register_module("expand", std::make_shared<ConvNorm>(ConvolutionShape{space.feature_channels(), spec_.channels},
                                                             space.norm(), affine, spec_.activation));
  }
  int64_t features = space.pooled_features();
  if (!spec_.hidden.empty()) {
    const auto list = register_module("hidden", std::make_shared<torch::nn::Module>());
    for (const int width : spec_.hidden) {
      hidden_.push_back(list->register_module(std::to_string(hidden_.size()),
                                              std::make_shared<FullyConnected>(features, width, /*with_bias=*/true)));
      features = width;
    }
  }
  classifier_ = register_module("classifier", std::make_shared<FullyConnected>(features, space.classes(), spec_.bias));
}

at::Tensor Head::Features(const at::Tensor& x_nchw) { return Pool(Expand(x_nchw)); }

at::Tensor Head::Pool(const at::Tensor& y_nchw) const {
  if (heat_maps_) return y_nchw;
  return (spec_.pool == 1 ? GlobalAverage(y_nchw) : at::adaptive_avg_pool2d(y_nchw, {spec_.pool, spec_.pool}))
      .flatten(1);
}

at::Tensor Head::Drop(const at::Tensor& x_nf) const {
  return spec_.dropout > 0 && is_training() ? at::dropout(x_nf, spec_.dropout, /*train=*/true) : x_nf;
}

at::Tensor Head::Predict(const at::Tensor& features) {
  if (heat_maps_) return heat_maps_->forward(features);
  if (hidden_.empty()) return classifier_->forward(Drop(features));
  at::Tensor y = features;
  for (const auto& layer : hidden_) y = Drop(Activate(layer->forward(y), spec_.activation));
  return classifier_->forward(y);
}

}  // namespace danas
