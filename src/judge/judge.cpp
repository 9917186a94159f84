#include "danas/judge/judge.h"

#include <ATen/ATen.h>

#include <utility>

#include "danas/core/hash.h"
#include "danas/nn/norm.h"
#include "danas/nn/state.h"
#include "danas/run/device.h"
#include "danas/train/amp.h"
#include "danas/train/class_loss.h"

namespace danas {
namespace {

at::Tensor OnHost(const at::Tensor& tensor) { return tensor.to(at::kCPU, at::kFloat).contiguous(); }

std::span<const float> Values(const at::Tensor& tensor) {
  return {tensor.const_data_ptr<float>(), static_cast<size_t>(tensor.numel())};
}

}  // namespace

JudgePass::JudgePass(Supernet& network, Loader& loader, const JudgeOptions& options)
    : network_(network),
      options_(options),
      pass_(loader, {.label = options.label,
                     .trains = false,
                     .progress = options.progress,
                     .run_share = options.run_share,
                     .ranks = options.ranks}) {
  SetNormMode(network, NormMode::kRunning);
  network.eval();
}

void JudgePass::JudgeNext(const BatchPass::Iterator& next) {
  if (next == BatchPass::end()) {
    pass_.Finish();
    return;
  }
  const Batch& batch = *next;
  at::Tensor feature_nf = at::zeros({0, network_.space().head_channels()});
  at::Tensor logits_nk = at::zeros({0, network_.space().classes()});
  if (batch.size() > 0) {
    const AutocastScope autocast(options_.runtime.amp, batch.images.device().type());
    feature_nf = network_.Features(InLayout(batch.images, options_.runtime));
    logits_nk = network_.Predict(feature_nf);
    // A head that pools to p x p leaves p * p features of a channel.
    if (network_.space().head().pool > 1) {
      feature_nf = feature_nf.reshape({batch.size(), network_.space().head_channels(), -1}).mean(2);
    }
  }
  const Ranks& ranks = options_.ranks;
  const at::Tensor own_targets = batch.targets.cpu().contiguous(), own_logits = OnHost(logits_nk);
  targets_ = ranks.GatherRows(own_targets);
  logits_ = ranks.GatherRows(own_logits);
  features_ = ranks.GatherRows(OnHost(feature_nf));
  entries_ = ranks.GatherRows(batch.entries);
  StepResult result{.loss_sum = ClassLossSum(own_logits, own_targets, own_logits.size(1), /*smoothing=*/0),
                    .correct = CountCorrect(own_logits, own_targets, own_logits.size(1))};
  SumOverRanks(ranks, batch.size(), result);
  pass_.Take(std::move(result));
  judged_ = {};
  if (!ranks.first()) return;
  judged_.entries = {entries_.const_data_ptr<int64_t>(), static_cast<size_t>(entries_.numel())};
  judged_.targets = {targets_.const_data_ptr<int64_t>(), static_cast<size_t>(targets_.numel())};
  judged_.logits = Values(logits_);
  judged_.features = Values(features_);
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
