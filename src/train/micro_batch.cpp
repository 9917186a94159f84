#include "danas/train/micro_batch.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <stdexcept>

namespace danas {
namespace {

void AddTo(at::Tensor& sum, const at::Tensor& part) { sum = sum.defined() ? sum + part : part; }

}  // namespace

std::vector<Batch> SplitBatch(const Batch& batch, int64_t micro_batch) {
  const int64_t images = batch.size();
  if (micro_batch <= 0 || micro_batch >= images) return {batch};
  std::vector<Batch> parts;
  for (int64_t start = 0; start < images;) {
    int64_t size = std::min(micro_batch, images - start);
    if (micro_batch > 1 && images - start - size == 1) ++size;
    Batch& part = parts.emplace_back();
    part.images = batch.images.narrow(0, start, size);
    part.targets = batch.targets.narrow(0, start, size);
    part.whole = batch.whole;
    if (batch.truth.defined()) part.truth = batch.truth.narrow(0, start, size);
    start += size;
  }
  return parts;
}

GradientSum::GradientSum(const Batch& batch, size_t parts, size_t ways, const LossScaler* scaler,
                         GradientReducer* reducer)
    : images_(batch.whole_size()), left_(parts * ways), ways_(ways), scaler_(scaler), reducer_(reducer) {}

void GradientSum::Add(const StepResult& part) {
  if (left_ == 0) throw std::logic_error("a batch has more parts than were announced");
  --left_;
  at::Tensor loss = part.loss_sum / images_;
  if (scaler_ != nullptr) loss = scaler_->Scale(loss);
  if (reducer_ != nullptr) {
    reducer_->Backward(loss, /*last=*/left_ == 0);
  } else {
    loss.backward();
  }
  AddTo(total_.loss_sum, part.loss_sum.detach());
  AddTo(total_.correct, part.correct.detach());
}

StepResult GradientSum::Result() const {
  if (left_ != 0) throw std::logic_error("a batch has fewer parts than were announced");
  StepResult result = total_;
  if (ways_ > 1) {
    const auto count = static_cast<double>(ways_);
    result.loss_sum = result.loss_sum / count;
    result.correct = result.correct.to(at::kDouble) / count;
  }
  return result;
}

}  // namespace danas
