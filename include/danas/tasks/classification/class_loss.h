// Cross-entropy over the classes learnt so far.
#pragma once

#include <ATen/core/Tensor.h>

namespace danas {

// Throws ConfigError where a network's output is none of a classifier's, [N, K], but maps of key-points.
void RequireLogits(const at::Tensor& output);

// logits [N, K] in any float type; targets [N] below `classes`. The first `classes` columns are sliced off before the
// softmax (a mask of -inf would make smoothing NaN); smoothing spreads over these classes as in PyTorch. Sum over the
// batch in float32 (double for double); divide by the number of images for the mean.
at::Tensor ClassLossSum(const at::Tensor& logits_nk, const at::Tensor& targets_n, int64_t classes, double smoothing);

// Of each image, [N], without smoothing.
at::Tensor ClassLosses(const at::Tensor& logits_nk, const at::Tensor& targets_n, int64_t classes);

// How many of the batch are right, a scalar tensor (no copy from the device).
at::Tensor CountCorrect(const at::Tensor& logits_nk, const at::Tensor& targets_n, int64_t classes, int64_t top = 1);

}  // namespace danas
