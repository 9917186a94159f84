// Channels of feature maps, taken, put back and mixed, in either layout.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace danas {

// Channels 0, 2, 4 ... and 1, 3, 5 ...: views. Their gradients come together in one tensor of the layout of x; those of
// two slices would be two of zeros, in NCHW.
std::pair<at::Tensor, at::Tensor> EvenAndOddChannels(const at::Tensor& x_nchw);

// The first and the second half of the channels; as EvenAndOddChannels().
std::pair<at::Tensor, at::Tensor> HalvesOfChannels(const at::Tensor& x_nchw);

// Channels a0, b0, ..., a1, b1, ... of maps of one size and as many channels each.
at::Tensor Interleaved(const std::vector<at::Tensor>& maps_nchw);

// Channel j of group i becomes channel i of group j.
at::Tensor MixGroups(const at::Tensor& x_nchw, int64_t groups);

// Some of the channels, in an order of their own.
class ListedChannels {
 public:
  explicit ListedChannels(const std::vector<int64_t>& places);

  // [N, C, H, W] -> [N, places, H, W].
  at::Tensor Take(const at::Tensor& x_nchw);

  // x with those of a branch, [N, places, H, W], in these places.
  at::Tensor Put(const at::Tensor& x_nchw, const at::Tensor& branch_nchw);

 private:
  const at::Tensor& On(at::Device device);

  at::Tensor places_;  // [places]; moves to the device of the images
};

}  // namespace danas
