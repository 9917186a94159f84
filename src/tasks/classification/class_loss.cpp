#include "danas/tasks/classification/class_loss.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "danas/core/error.h"

namespace danas {

namespace {

at::Tensor CrossEntropy(const at::Tensor& logits_nk, const at::Tensor& targets_n, int64_t classes, double smoothing,
                        at::Reduction::Reduction reduction) {
  RequireLogits(logits_nk);
  TORCH_CHECK(0 < classes && classes <= logits_nk.size(1), "loss over ", classes, " of ", logits_nk.size(1), " logits");
  const at::ScalarType type = logits_nk.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  return at::cross_entropy_loss(logits_nk.narrow(1, 0, classes).to(type), targets_n, /*weight=*/{}, reduction,
                                /*ignore_index=*/-100, smoothing);
}

}  // namespace

void RequireLogits(const at::Tensor& output) {
  if (output.dim() == 2) return;
  throw ConfigError(
      "task: classification, but the network ends in heat maps of key-points; set task: keypoints, or give a network "
      "that ends in a classifier");
}

at::Tensor ClassLossSum(const at::Tensor& logits_nk, const at::Tensor& targets_n, int64_t classes, double smoothing) {
  return CrossEntropy(logits_nk, targets_n, classes, smoothing, at::Reduction::Sum);
}

at::Tensor ClassLosses(const at::Tensor& logits_nk, const at::Tensor& targets_n, int64_t classes) {
  return CrossEntropy(logits_nk, targets_n, classes, /*smoothing=*/0, at::Reduction::None);
}

at::Tensor CountCorrect(const at::Tensor& logits_nk, const at::Tensor& targets_n, int64_t classes, int64_t top) {
  const at::Tensor learnt = logits_nk.detach().narrow(1, 0, classes);
  const at::Tensor best_nt = std::get<1>(learnt.topk(std::min(top, classes), /*dim=*/1));
  return best_nt.eq(targets_n.unsqueeze(1)).sum();
}

}  // namespace danas
