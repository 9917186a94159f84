#include "danas/train/evaluate.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "danas/nn/norm.h"
#include "danas/train/class_loss.h"
#include "danas/train/device.h"

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

}  // namespace

EvaluationResult Evaluate(torch::nn::Module& network, const Forward& forward, Loader& loader,
                          const EvaluationOptions& options) {
  const c10::InferenceMode inference;
  SetNormMode(network, NormMode::kRunning);
  network.eval();
  // Kept on the device to the end, 9 bytes an image: counting there has no deterministic kernel, reading each batch
  // waits.
  std::vector<at::Tensor> targets, hits;
  at::Tensor correct5;
  const auto compute = [&](const Batch& batch) {
    const at::Tensor logits_nk = [&] {
      const AutocastScope autocast(options.runtime.amp, batch.images.device().type());
      return forward(InLayout(batch.images, options.runtime.layout));
    }();
    const at::Tensor hit_n = logits_nk.narrow(1, 0, options.classes).argmax(1).eq(batch.targets);
    targets.push_back(batch.targets);
    hits.push_back(hit_n);
    const at::Tensor in_best5 = CountCorrect(logits_nk, batch.targets, options.classes, 5);
    correct5 = correct5.defined() ? correct5 + in_best5 : in_best5;
    return StepResult{.loss_sum = ClassLossSum(logits_nk, batch.targets, options.classes, /*smoothing=*/0),
                      .correct = hit_n.sum()};
  };
  PassOptions pass_options = options.pass;
  pass_options.on_nonfinite = OnNonFinite::kStop;
  const PassResult pass = RunPass(loader, pass_options, {.compute = compute});

  EvaluationResult result{.images = pass.images, .loss = pass.loss, .top1 = pass.accuracy};
  if (pass.images > 0) result.top5 = correct5.item<double>() / static_cast<double>(pass.images);
  result.per_class = CountPerClass(targets, hits, options.classes);
  result.seconds = pass.seconds;
  return result;
}

Json ToJson(const EvaluationResult& result) {
  return {{"images", result.images},
          {"loss", result.loss},
          {"top1", result.top1},
          {"top5", result.top5},
          {"seconds", result.seconds}};
}

Json PerClassJson(const EvaluationResult& result, const std::vector<std::string>& class_ids) {
  Json json = Json::object();
  for (size_t c = 0; c < result.per_class.size(); ++c) {
    json[class_ids.at(c)] = {{"images", result.per_class[c].images}, {"correct", result.per_class[c].correct}};
  }
  return json;
}

}  // namespace danas
