#include "danas/train/micro_batch.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace danas {

std::vector<Batch> SplitBatch(const Batch& batch, int64_t micro_batch) {
  const int64_t images = batch.size();
  if (micro_batch <= 0 || micro_batch >= images) return {batch};
  std::vector<Batch> parts;
  for (int64_t start = 0; start < images;) {
    int64_t size = std::min(micro_batch, images - start);
    if (micro_batch > 1 && images - start - size == 1) ++size;
    parts.push_back({batch.images.narrow(0, start, size), batch.targets.narrow(0, start, size), batch.whole, {}});
    start += size;
  }
  return parts;
}

StepResult AccumulateGradients(const Batch& batch, int64_t micro_batch, const ComputePart& compute,
                               const LossScaler* scaler, GradientReducer* reducer) {
  return AccumulateGradients(batch, micro_batch, std::vector<ComputePart>{compute}, scaler, reducer);
}

StepResult AccumulateGradients(const Batch& batch, int64_t micro_batch, const std::vector<ComputePart>& ways,
                               const LossScaler* scaler, GradientReducer* reducer) {
  StepResult total;
  const auto add = [](at::Tensor& sum, const at::Tensor& part) { sum = sum.defined() ? sum + part : part.detach(); };
  const std::vector<Batch> parts = SplitBatch(batch, micro_batch);
  const size_t passes = ways.size() * parts.size();
  for (size_t i = 0; i < passes; ++i) {
    const Batch& part = parts[i % parts.size()];
    const StepResult result = ways[i / parts.size()](part);
    at::Tensor loss = result.loss_sum / batch.whole_size();
    if (scaler != nullptr) loss = scaler->Scale(loss);
    if (reducer == nullptr) {
      loss.backward();
    } else {
      loss = loss * reducer->ranks();  // the reducer takes the mean
      if (i + 1 == passes) reducer->ExpectBackward(loss);
      reducer->Run([&] { loss.backward(); });
    }
    add(total.loss_sum, result.loss_sum.detach());
    add(total.correct, result.correct);
  }
  if (ways.size() > 1) {
    const auto count = static_cast<double>(ways.size());
    total.loss_sum = total.loss_sum / count;
    total.correct = total.correct.to(at::kDouble) / count;
  }
  return total;
}

}  // namespace danas
