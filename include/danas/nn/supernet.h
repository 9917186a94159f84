// Stem, mixed layers, head: the network of a search space. For a space with one candidate in every layer it is an
// ordinary network, which is how derived networks are built.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "danas/arch/space.h"
#include "danas/nn/convolution.h"
#include "danas/nn/head.h"
#include "danas/nn/mixed_layer.h"

namespace danas {

struct SupernetOptions {
  bool affine = false;  // see MakeBlock
  NnConfig how = {};
};

// Parameter names: stem.conv.weight, layers.3.ir_e3_k5.expand.conv.weight, layers.3.ir_e3_k5.project.norm.running_mean,
// head.expand.conv.weight, head.classifier.weight, head.heat_maps.weight (docs/file-formats.md).
class Supernet : public torch::nn::Module {
 public:
  Supernet(const SearchSpace& space, const SupernetOptions& options);

  // images [N, input channels, H, W] -> logits [N, classes], or with a head of heat maps a map for each key-point,
  // [N, classes, height, width] of SearchSpace::heat_maps(). `choices`: one a layer; empty for a network. Any layout;
  // it computes in that of the kernels' strides (MoveTo), in which images need no copy. Dropout (HeadSpec::dropout,
  // while train()) draws from torch's default generator of the device, which the run seeds. Throws
  // std::invalid_argument for choices that do not fit.
  at::Tensor forward(const at::Tensor& image_nchw, const std::vector<LayerChoice>& choices = {});

  // Pooled features before dropout and classifier, [N, SearchSpace::pooled_features()]: one a channel, or with a head
  // that pools to p x p, p * p of each channel side by side. Of heat maps all that their 1x1 sees: [N, channels,
  // height, width] of the last layer.
  at::Tensor Features(const at::Tensor& image_nchw, const std::vector<LayerChoice>& choices = {});

  // Features() in its parts: Stem(), layer(0).forward() and so on, Pool(). The images themselves where the space has
  // no stem.
  at::Tensor Stem(const at::Tensor& image_nchw) { return stem_ ? stem_->forward(image_nchw) : image_nchw; }
  at::Tensor Pool(const at::Tensor& x_nchw) { return head_->Features(x_nchw); }

  // Features -> logits or heat maps: forward() is Predict(Features()).
  at::Tensor Predict(const at::Tensor& features) { return head_->Predict(features); }

  // The supernet of space().Without(dropped): same modules for everything that survives, so that parameters, statistics
  // and what an optimiser keeps for them stay.
  std::shared_ptr<Supernet> Without(const std::map<size_t, std::set<size_t>>& dropped) const;

  const SearchSpace& space() const { return *space_; }
  MixedLayer& layer(size_t index) { return *layers_[index]; }
  ConvNorm* stem() { return stem_.get(); }  // null where the space has none
  Head& head() { return *head_; }

 private:
  Supernet() = default;
  void AppendLayer(const std::shared_ptr<MixedLayer>& layer);

  std::optional<SearchSpace> space_;  // set by every constructor
  std::shared_ptr<ConvNorm> stem_;    // null where the space has none
  std::shared_ptr<torch::nn::Module> layer_list_;
  std::vector<std::shared_ptr<MixedLayer>> layers_;
  std::shared_ptr<Head> head_;
};

// A network with affine batch norm, as it is trained in the end.
std::shared_ptr<Supernet> MakeNetwork(const SearchSpace& network, const NnConfig& how = {});

// As the space's InitSpec says; norm weights 1, biases 0, running statistics 0 and 1. One stream a tensor, named after
// it, drawn on the CPU, so that a tensor's values depend on the seed, its name and the InitSpec alone: not on the
// network around it, its type, layout or device.
void InitializeWeights(Supernet& network, int64_t seed);

// Replaces the running statistics by the cumulative average over these batches of images, on the network's device, for
// every norm that `choices` reach, and leaves all norms in NormMode::kRunning. Statistics of norms that are not reached
// stay.
void Recalibrate(Supernet& network, const std::vector<LayerChoice>& choices, const std::vector<at::Tensor>& batches);

}  // namespace danas
