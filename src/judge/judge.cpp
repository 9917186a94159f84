#include "danas/judge/judge.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "danas/core/hash.h"
#include "danas/nn/norm.h"
#include "danas/nn/state.h"
#include "danas/run/device.h"
#include "danas/train/amp.h"
#include "danas/train/class_loss.h"
#include "danas/train/pass.h"

namespace danas {
namespace {

at::Tensor OnHost(const at::Tensor& tensor) { return tensor.to(at::kCPU, at::kFloat).contiguous(); }

std::span<const float> Values(const at::Tensor& tensor) {
  return {tensor.const_data_ptr<float>(), static_cast<size_t>(tensor.numel())};
}

}  // namespace

void JudgeImages(Supernet& network, Loader& loader, const JudgeOptions& options,
                 const std::function<void(const JudgedBatch&)>& sink) {
  const c10::InferenceMode inference;
  SetNormMode(network, NormMode::kRunning);
  network.eval();
  const auto compute = [&](const Batch& batch) {
    at::Tensor feature_nf = at::zeros({0, network.space().head_channels()});
    at::Tensor logits_nk = at::zeros({0, network.space().classes()});
    if (batch.size() > 0) {
      const AutocastScope autocast(options.runtime.amp, batch.images.device().type());
      feature_nf = network.Features(InLayout(batch.images, options.runtime));
      logits_nk = network.Classify(feature_nf);
      // A head that pools to p x p leaves p * p features of a channel.
      if (network.space().head().pool > 1) {
        feature_nf = feature_nf.reshape({batch.size(), network.space().head_channels(), -1}).mean(2);
      }
    }
    const at::Tensor own_targets = batch.targets.cpu().contiguous(), own_logits = OnHost(logits_nk);
    const at::Tensor targets = options.ranks.GatherRows(own_targets), logits = options.ranks.GatherRows(own_logits),
                     features = options.ranks.GatherRows(OnHost(feature_nf)),
                     entries = options.ranks.GatherRows(batch.entries);
    StepResult result{.loss_sum = ClassLossSum(own_logits, own_targets, own_logits.size(1), /*smoothing=*/0),
                      .correct = CountCorrect(own_logits, own_targets, own_logits.size(1))};
    SumOverRanks(options.ranks, batch.size(), result);
    if (!options.ranks.first()) return result;
    sink({.entries = {entries.const_data_ptr<int64_t>(), static_cast<size_t>(entries.numel())},
          .targets = {targets.const_data_ptr<int64_t>(), static_cast<size_t>(targets.numel())},
          .logits = Values(logits),
          .features = Values(features)});
    return result;
  };
  RunPass(loader,
          {.label = options.label,
           .trains = false,
           .progress = options.progress,
           .run_share = options.run_share,
           .ranks = options.ranks},
          {.compute = compute});
}

Classifier ReadClassifier(const Supernet& network) {
  Classifier classifier;
  for (const auto& [name, tensor] : StateOf(network)) {
    if (name != "head.classifier.weight" && name != "head.classifier.bias") continue;
    const at::Tensor values = tensor.to(at::kCPU, at::kDouble).contiguous();
    const double* data = values.const_data_ptr<double>();
    if (values.dim() == 1) {
      classifier.bias_c.assign(data, data + values.numel());
      continue;
    }
    for (int64_t c = 0; c < values.size(0); ++c) {
      classifier.weight_ck.emplace_back(data + c * values.size(1), data + (c + 1) * values.size(1));
    }
  }
  classifier.bias_c.resize(classifier.weight_ck.size());
  return classifier;
}

uint64_t HashWeights(const torch::nn::Module& network) {
  uint64_t hash = 0;
  for (const auto& [name, tensor] : StateOf(network)) {
    hash = HashWords(hash, {HashText(name)});
    for (const int64_t size : tensor.sizes()) hash = HashWords(hash, {static_cast<uint64_t>(size)});
    const at::Tensor values = tensor.cpu().contiguous();
    hash = HashWords(hash, {HashText({static_cast<const char*>(values.const_data_ptr()), values.nbytes()})});
  }
  return hash;
}

}  // namespace danas
