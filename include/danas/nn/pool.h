// Global average pooling.
#pragma once

#include <ATen/core/Tensor.h>

namespace danas {

// [N, C, H, W] -> [N, C, 1, 1]. Its gradient is a view of one number a channel: the features' layout stays as it is,
// where that of ATen's mean would be a whole NCHW tensor.
at::Tensor GlobalAverage(const at::Tensor& x_nchw);

}  // namespace danas
