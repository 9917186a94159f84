#include "danas/nn/supernet.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <stdexcept>

#include "danas/core/error.h"

namespace danas {

Supernet::Supernet(const SearchSpace& space, const SupernetOptions& options) : space_(space) {
  if (const StemSpec& stem = space.stem(); stem.channels > 0) {
    const ConvolutionShape conv{
        .in = space.input_channels(), .out = stem.channels, .kernel = stem.kernel, .stride = stem.stride};
    stem_ = register_module("stem", std::make_shared<ConvNorm>(conv, space.norm(), options.affine, stem.activation));
  }
  layer_list_ = register_module("layers", std::make_shared<torch::nn::Module>());
  for (size_t l = 0; l < space.layers().size(); ++l) {
    AppendLayer(std::make_shared<MixedLayer>(space.layers()[l], space.norm(), options.affine, options.how,
                                             space.StagePlace(l)));
  }
  head_ = register_module("head", std::make_shared<Head>(space, options.affine));
}

void Supernet::AppendLayer(const std::shared_ptr<MixedLayer>& layer) {
  layers_.push_back(layer_list_->register_module(std::to_string(layers_.size()), layer));
}

at::Tensor Supernet::forward(const at::Tensor& image_nchw, const std::vector<LayerChoice>& choices) {
  return Predict(Features(image_nchw, choices));
}

at::Tensor Supernet::Features(const at::Tensor& image_nchw, const std::vector<LayerChoice>& choices) {
  if (choices.size() != layers_.size() && !(choices.empty() && space_->IsNetwork())) {
    throw std::invalid_argument("a supernet of " + std::to_string(layers_.size()) + " layers got " +
                                std::to_string(choices.size()) + " choices");
  }
  at::Tensor x = Stem(image_nchw);
  for (size_t l = 0; l < layers_.size(); ++l) x = layers_[l]->forward(x, choices.empty() ? LayerChoice{} : choices[l]);
  return Pool(x);
}

std::shared_ptr<Supernet> Supernet::Without(const std::map<size_t, std::set<size_t>>& dropped) const {
  std::shared_ptr<Supernet> smaller(new Supernet);
  smaller->space_ = space_->Without(dropped);
  if (stem_) smaller->stem_ = smaller->register_module("stem", stem_);
  smaller->layer_list_ = smaller->register_module("layers", std::make_shared<torch::nn::Module>());
  for (size_t l = 0; l < layers_.size(); ++l) {
    const auto of_layer = dropped.find(l);
    smaller->AppendLayer(of_layer == dropped.end() ? layers_[l] : layers_[l]->Without(of_layer->second));
  }
  smaller->head_ = smaller->register_module("head", head_);
  smaller->train(is_training());
  return smaller;
}

std::shared_ptr<Supernet> MakeNetwork(const SearchSpace& network, const NnConfig& how) {
  if (!network.IsNetwork()) {
    throw ConfigError("the space " + network.name() + " has layers with several candidates; a network has one in each");
  }
  return std::make_shared<Supernet>(network, SupernetOptions{.affine = true, .how = how});
}

void Recalibrate(Supernet& network, const std::vector<LayerChoice>& choices, const std::vector<at::Tensor>& batches) {
  const at::NoGradGuard no_gradient;
  ResetNormStatistics(network);
  for (const at::Tensor& image_nchw : batches) {
    network.Features(image_nchw, choices);  // not forward(): a classifier's dropout would draw from torch's generator
  }
  SetNormMode(network, NormMode::kRunning);
}

}  // namespace danas
