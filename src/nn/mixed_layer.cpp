#include "danas/nn/mixed_layer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "danas/core/error.h"
#include "danas/nn/recompute.h"

namespace danas {

MixedLayer::MixedLayer(const LayerSpec& spec, const NormSpec& norm, bool affine, const NnConfig& how,
                       std::optional<int> stage_place)
    : how_(how) {
  spec_.shape = spec.shape;
  for (const BlockSpec& block : spec.candidates) {
    Append(block, MakeBlock(block, spec.shape, norm, affine, how.kernels, stage_place));
  }
}

void MixedLayer::Append(const BlockSpec& spec, const std::shared_ptr<Block>& candidate) {
  spec_.candidates.push_back(spec);
  candidates_.push_back(register_module(CandidateName(spec), candidate));
}

at::Tensor MixedLayer::forward(const at::Tensor& x_nchw, const LayerChoice& choice) {
  if (candidates_.size() > 1) RequireFits(choice);
  if (how_.recompute == RecomputeKind::kNone || !at::GradMode::is_enabled()) {
    return Forward(x_nchw, choice);
  }
  std::vector<at::Tensor> inputs{x_nchw};
  if (choice.probability_c.defined()) inputs.push_back(choice.probability_c);
  const auto forward = [this, path = choice.path, subset = choice.subset](const std::vector<at::Tensor>& given) {
    const at::Tensor probability_c = given.size() > 1 ? given[1] : at::Tensor();
    return Forward(given[0], {.probability_c = probability_c, .path = path, .subset = subset});
  };
  return Recomputed(*this, inputs, forward);
}

at::Tensor MixedLayer::Forward(const at::Tensor& x_nchw, const LayerChoice& choice) const {
  if (candidates_.size() == 1) return ForwardOne(x_nchw, 0, {});
  return choice.path ? ForwardOne(x_nchw, *choice.path, choice.probability_c)
                     : ForwardSome(x_nchw, choice.probability_c, choice.subset);
}

// Candidate c, times its probability if there are any.
at::Tensor MixedLayer::ForwardOne(const at::Tensor& x_nchw, size_t c, const at::Tensor& probability_c) const {
  const at::Tensor weight =
      probability_c.defined() ? probability_c.narrow(0, static_cast<int64_t>(c), 1) : probability_c;
  const std::optional<FusedCandidate> fused = candidates_[c]->Fused();
  if (fused && fused->depthwise && TakesFused(how_.kernels, x_nchw, {*fused}, weight))
    return FusedForward(x_nchw, {*fused}, weight);
  const at::Tensor y = candidates_[c]->forward(x_nchw);
  return weight.defined() ? WeightedSum(weight, {y}) : y;
}

// The candidates of `subset`, or all if it is empty.
at::Tensor MixedLayer::ForwardSome(const at::Tensor& x_nchw, const at::Tensor& probability_c,
                                   const std::vector<size_t>& subset) const {
  std::vector<FusedCandidate> fused;
  std::vector<int64_t> computed, fused_at, others_at;
  for (size_t c = 0; c < candidates_.size(); ++c) {
    if (!subset.empty() && !std::ranges::binary_search(subset, c)) continue;
    const std::optional<FusedCandidate> candidate = candidates_[c]->Fused();
    computed.push_back(static_cast<int64_t>(c));
    (candidate ? fused_at : others_at).push_back(static_cast<int64_t>(c));
    if (candidate) fused.push_back(*candidate);
  }
  const auto weights_at = [&](const std::vector<int64_t>& places) {
    if (places.size() == candidates_.size()) return probability_c;
    return probability_c.index_select(0, at::tensor(places).to(probability_c.device()));
  };
  const auto sum_of = [&](const std::vector<int64_t>& places) {
    std::vector<at::Tensor> outputs;
    outputs.reserve(places.size());
    for (const int64_t c : places) outputs.push_back(candidates_[static_cast<size_t>(c)]->forward(x_nchw));
    return WeightedSum(weights_at(places), outputs);
  };
  const bool some = std::ranges::any_of(fused, [](const FusedCandidate& c) { return c.depthwise != nullptr; });
  if (!some || !TakesFused(how_.kernels, x_nchw, fused, probability_c)) return sum_of(computed);
  const at::Tensor y = FusedForward(x_nchw, fused, weights_at(fused_at));
  return others_at.empty() ? y : sum_of(others_at).add_(y);
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
  const std::vector<size_t>& subset = choice.subset;
  if (subset.empty()) return;
  const bool ascends = std::ranges::adjacent_find(subset, std::greater_equal<>()) == subset.end();
  if (choice.path || !ascends || subset.back() >= candidates_.size()) {
    throw std::invalid_argument("a layer of " + std::to_string(count) + " candidates got a subset " +
                                (choice.path ? "and a path" : "that is not ascending places of them"));
  }
}

std::shared_ptr<MixedLayer> MixedLayer::Without(const std::set<size_t>& dropped) const {
  std::shared_ptr<MixedLayer> smaller(new MixedLayer);
  smaller->spec_.shape = spec_.shape;
  smaller->how_ = how_;
  for (size_t c = 0; c < candidates_.size(); ++c) {
    if (!dropped.contains(c)) smaller->Append(spec_.candidates[c], candidates_[c]);
  }
  if (smaller->candidates_.empty()) throw ConfigError("a layer cannot lose all of its candidates");
  return smaller;
}

}  // namespace danas
