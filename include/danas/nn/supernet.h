// Stem, mixed layers, head: the network of a search space. For a space with one candidate in every layer it is an
// ordinary network, which is how derived networks are built.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <memory>
#include <vector>

#include "danas/arch/space.h"
#include "danas/core/random.h"
#include "danas/nn/mixed_layer.h"

namespace danas {

struct SupernetOptions {
  bool affine = false;  // see MakeBlock
};

class Supernet : public torch::nn::Module {
 public:
  Supernet(const SearchSpace& space, const SupernetOptions& options);

  // images [N, 3, H, W] -> logits [N, classes]. `choices`: one a layer; empty for a network.
  at::Tensor forward(const at::Tensor& image_nchw, const std::vector<LayerChoice>& choices = {});

  // Global-average-pooled features before the classifier, [N, features].
  at::Tensor Features(const at::Tensor& image_nchw, const std::vector<LayerChoice>& choices = {});

  // The supernet of space().Without(dropped): same tensors for everything that survives.
  std::shared_ptr<Supernet> Without(const std::map<size_t, std::set<size_t>>& dropped) const;

  const SearchSpace& space() const { return space_; }
  MixedLayer& layer(size_t index) { return *layers_[index]; }

 private:
  SearchSpace space_;
  SupernetOptions options_;
  // stem (convolution, norm), layers, head (convolution, norm, classifier): see supernet.cpp
  std::vector<std::shared_ptr<MixedLayer>> layers_;
};

// A network with affine batch norm, as it is trained in the end.
std::shared_ptr<Supernet> MakeNetwork(const SearchSpace& network);

// The order of operations inside the network, for parameter names: stem.conv.weight, layers.3.ir_e3_k5.expand.conv.weight,
// head.classifier.weight ... (docs/file-formats.md).

// Convolutions N(0, sqrt(2 / (k^2 * out))), fully connected uniform +-1/sqrt(in), norm weights 1, biases 0
// (ProxylessNAS). One stream a tensor, named after it, so that a network's weights do not depend on its neighbours.
void InitializeWeights(torch::nn::Module& network, int64_t seed);

}  // namespace danas
