#include "danas/nn/mixed_layer.h"

#include <ATen/ATen.h>

#include <stdexcept>

#include "danas/core/error.h"

namespace danas {

MixedLayer::MixedLayer(const LayerSpec& spec, const NormSpec& norm, bool affine) {
  spec_.shape = spec.shape;
  for (const BlockSpec& block : spec.candidates) Append(block, MakeBlock(block, spec.shape, norm, affine));
}

void MixedLayer::Append(const BlockSpec& spec, const std::shared_ptr<Block>& candidate) {
  spec_.candidates.push_back(spec);
  candidates_.push_back(register_module(CandidateName(spec), candidate));
}

at::Tensor MixedLayer::forward(const at::Tensor& x_nchw, const LayerChoice& choice) {
  if (candidates_.size() == 1) return candidates_[0]->forward(x_nchw);
  RequireFits(choice);
  if (choice.path) {
    const at::Tensor y = candidates_[*choice.path]->forward(x_nchw);
    if (!choice.probability_c.defined()) return y;
    return WeightedSum(choice.probability_c.narrow(0, static_cast<int64_t>(*choice.path), 1), {y});
  }
  std::vector<at::Tensor> outputs;
  outputs.reserve(candidates_.size());
  for (const auto& candidate : candidates_) outputs.push_back(candidate->forward(x_nchw));
  return WeightedSum(choice.probability_c, outputs);
}

void MixedLayer::RequireFits(const LayerChoice& choice) const {
  const auto count = static_cast<int64_t>(candidates_.size());
  const at::Tensor& p = choice.probability_c;
  if (p.defined() && (p.dim() != 1 || p.size(0) != count)) {
    throw std::invalid_argument("a layer of " + std::to_string(count) + " candidates got " + std::to_string(p.numel()) +
                                " probabilities");
  }
  if (choice.path ? *choice.path >= candidates_.size() : !p.defined()) {
    throw std::invalid_argument(
        "a layer of " + std::to_string(count) + " candidates got " +
        (choice.path ? "path " + std::to_string(*choice.path) : "neither path nor probabilities"));
  }
}

std::shared_ptr<MixedLayer> MixedLayer::Without(const std::set<size_t>& dropped) const {
  std::shared_ptr<MixedLayer> smaller(new MixedLayer);
  smaller->spec_.shape = spec_.shape;
  for (size_t c = 0; c < candidates_.size(); ++c) {
    if (!dropped.contains(c)) smaller->Append(spec_.candidates[c], candidates_[c]);
  }
  if (smaller->candidates_.empty()) throw ConfigError("a layer cannot lose all of its candidates");
  return smaller;
}

}  // namespace danas
