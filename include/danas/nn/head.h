// The end of a network. A classifier: 1x1 convolution, average pooling, fully connected layers with dropout. Heat maps:
// a 1x1 convolution to a map for each key-point. Both in two parts, so that statistics can be taken without dropout:
// Features(), then Predict().
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <memory>
#include <vector>

#include "danas/arch/space.h"
#include "danas/nn/convolution.h"

namespace danas {

// Names as in PyTorch: weight [out, in], bias [out]. Uninitialised until InitializeWeights().
class FullyConnected : public torch::nn::Module {
 public:
  FullyConnected(int64_t in, int64_t out, bool with_bias);
  at::Tensor forward(const at::Tensor& x_nf);

  at::Tensor weight, bias;
};

class Head : public torch::nn::Module {
 public:
  Head(const SearchSpace& space, bool affine);

  // [N, SearchSpace::pooled_features()]; of heat maps x, all of which the last layer sees.
  at::Tensor Features(const at::Tensor& x_nchw);
  // Features() is Pool(Expand(x)). Without a 1x1 Expand() gives x.
  at::Tensor Expand(const at::Tensor& x_nchw) { return expand_ ? expand_->forward(x_nchw) : x_nchw; }
  at::Tensor Pool(const at::Tensor& y_nchw) const;
  // Features -> logits [N, classes], with dropout while train(); or heat maps [N, key-points, H, W].
  at::Tensor Predict(const at::Tensor& features);

 private:
  at::Tensor Drop(const at::Tensor& x_nf) const;

  HeadSpec spec_;
  std::shared_ptr<ConvNorm> expand_;                     // where the head has a 1x1
  std::vector<std::shared_ptr<FullyConnected>> hidden_;  // hidden.0, hidden.1 ...
  std::shared_ptr<FullyConnected> classifier_;
  std::shared_ptr<Convolution> heat_maps_;  // in place of the three above
};

}  // namespace danas
