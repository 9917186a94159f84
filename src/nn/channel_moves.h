// Channels of feature maps, taken, put back and mixed, in either layout.
#pragma once

#include <ATen/core/Tensor.h>

#include <utility>

#include "danas/arch/channel_order.h"

namespace danas {

// Channels 0, 2, 4 ... and 1, 3, 5 ...: views. Their gradients come together in one tensor of the layout of x; those of
// two slices would be two of zeros, in NCHW.
std::pair<at::Tensor, at::Tensor> EvenAndOddChannels(const at::Tensor& x_nchw);

// The first and the second half of the channels; as EvenAndOddChannels().
std::pair<at::Tensor, at::Tensor> HalvesOfChannels(const at::Tensor& x_nchw);

// Channels a0, b0, a1, b1 ...
at::Tensor Interleaved(const at::Tensor& a_nchw, const at::Tensor& b_nchw);

// Channel j of group i becomes channel i of group j.
at::Tensor MixGroups(const at::Tensor& x_nchw, int64_t groups);

// The channels of BranchChannels(), for blocks of stride 1 that keep the order of channels.
class BranchPlaces {
 public:
  BranchPlaces(BlockKind kind, int channels, int place);

  // [N, C, H, W] -> [N, C / 2, H, W]: what the branch takes.
  at::Tensor Take(const at::Tensor& x_nchw);

  // x with what the branch gave, [N, C / 2, H, W], in the places that it took its channels from.
  at::Tensor Put(const at::Tensor& x_nchw, const at::Tensor& branch_nchw);

 private:
  const at::Tensor& On(at::Device device);

  at::Tensor places_;  // [C / 2]; moves to the device of the images
};

}  // namespace danas
