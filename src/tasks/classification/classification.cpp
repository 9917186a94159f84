#include "classification.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <utility>

#include "danas/core/error.h"
#include "danas/nn/norm.h"
#include "danas/run/device.h"
#include "danas/tasks/classification/class_loss.h"
#include "danas/train/amp.h"

namespace danas {
namespace {

std::vector<ClassAccuracy> CountPerClass(const std::vector<at::Tensor>& targets, const std::vector<at::Tensor>& hits,
                                         int64_t classes) {
  std::vector<ClassAccuracy> per_class(classes);
  if (targets.empty()) return per_class;
  const at::Tensor target_n = at::cat(targets).cpu();
  const at::Tensor hit_n = at::cat(hits).cpu();
  for (int64_t i = 0; i < target_n.numel(); ++i) {
    ClassAccuracy& counts = per_class.at(target_n.const_data_ptr<int64_t>()[i]);
    ++counts.images;
    counts.correct += hit_n.const_data_ptr<bool>()[i];
  }
  return per_class;
}

void SumPerClass(const Ranks& ranks, std::vector<ClassAccuracy>& per_class) {
  if (ranks.alone()) return;
  const at::Tensor counts_c2 = at::zeros({static_cast<int64_t>(per_class.size()), 2}, at::kLong);
  auto* counts = counts_c2.mutable_data_ptr<int64_t>();
  for (size_t c = 0; c < per_class.size(); ++c) {
    counts[2 * c] = per_class[c].images;
    counts[2 * c + 1] = per_class[c].correct;
  }
  ranks.Sum(counts_c2);
  for (size_t c = 0; c < per_class.size(); ++c) per_class[c] = {.images = counts[2 * c], .correct = counts[2 * c + 1]};
}

}  // namespace

std::shared_ptr<const FrameMaker> Classification::Frames(const DatasetIndex& dataset, ImageUse use,
                                                         int channels) const {
  if (dataset.persons) {
    throw ConfigError("task: classification, but " + dataset.name + " has key-points; set task: keypoints");
  }
  return std::make_shared<const Transform>(data_, use, seed_, channels);
}

at::Tensor Classification::LossSum(const at::Tensor& logits_nk, const Batch& batch, int64_t classes,
                                   double smoothing) const {
  return ClassLossSum(logits_nk, batch.targets, classes, smoothing);
}

at::Tensor Classification::Losses(const at::Tensor& logits_nk, const Batch& batch, int64_t classes) const {
  return ClassLosses(logits_nk, batch.targets, classes);
}

at::Tensor Classification::CountCorrect(const at::Tensor& logits_nk, const Batch& batch, int64_t classes) const {
  return danas::CountCorrect(logits_nk, batch.targets, classes);
}

EvaluationResult Classification::Test(torch::nn::Module& network, const Forward& forward, Loader& loader,
                                      const EvaluationOptions& options) const {
  const c10::InferenceMode inference;
  SetNormMode(network, NormMode::kRunning);
  network.eval();
  // Kept on the device to the end, 9 bytes an image: counting there has no deterministic kernel, reading each batch
  // waits.
  std::vector<at::Tensor> targets, hits;
  at::Tensor correct5;
  const Ranks& ranks = options.pass.ranks;
  const auto over_all = [&](const Batch& batch, StepResult result, at::Tensor in_best5) {
    SumOverRanks(ranks, batch.size(), result, {&in_best5});
    correct5 = correct5.defined() ? correct5 + in_best5 : in_best5;
    return result;
  };
  const auto compute = [&](const Batch& batch) {
    if (batch.size() == 0) {  // of a last batch with fewer images than processes
      const at::Tensor none = at::zeros({}, batch.images.options().dtype(at::kDouble));
      return over_all(batch, {.loss_sum = none, .correct = none}, none);
    }
    const at::Tensor logits_nk = [&] {
      const AutocastScope autocast(options.runtime.amp, batch.images.device().type());
      return forward(InLayout(batch.images, options.runtime));
    }();
    RequireLogits(logits_nk);
    const at::Tensor hit_n = logits_nk.narrow(1, 0, options.classes).argmax(1).eq(batch.targets);
    targets.push_back(batch.targets);
    hits.push_back(hit_n);
    const at::Tensor in_best5 = danas::CountCorrect(logits_nk, batch.targets, options.classes, 5);
    return over_all(
        batch,
        {.loss_sum = ClassLossSum(logits_nk, batch.targets, options.classes, /*smoothing=*/0), .correct = hit_n.sum()},
        in_best5);
  };
  PassOptions pass_options = options.pass;
  pass_options.on_nonfinite = OnNonFinite::kStop;
  pass_options.trains = false;
  BatchPass batches(loader, std::move(pass_options));
  for (const Batch& batch : batches) batches.Take(compute(batch));
  const PassResult pass = batches.Finish();

  EvaluationResult result{.images = pass.images, .loss = pass.loss, .top1 = pass.accuracy, .top5 = 0};
  if (pass.images > 0) result.top5 = correct5.item<double>() / static_cast<double>(pass.images);
  result.per_class = CountPerClass(targets, hits, options.classes);
  SumPerClass(ranks, result.per_class);
  result.seconds = pass.seconds;
  return result;
}

}  // namespace danas
