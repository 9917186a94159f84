// The convolutions and fully connected layers of a block, stem or head, one by one: all that MACs and parameters count.
#pragma once

#include <cstdint>
#include <vector>

#include "danas/arch/space.h"

namespace danas {

// A fully connected layer is a 1x1 convolution of a 1x1 map.
struct Convolution {
  int in = 0;
  int out = 0;
  int kernel = 1;
  int groups = 1;
  Size output;
  bool norm = true;  // followed by an affine batch norm: weight and bias for each output channel
  bool bias = false;

  // Weights are out * in / groups * kernel^2, each used once at every output position.
  int64_t weights() const;
  int64_t macs() const;
  int64_t parameters() const;
};

std::vector<Convolution> BlockConvolutions(const BlockSpec& block, const LayerShape& shape);
std::vector<Convolution> StemConvolutions(const SearchSpace& space);
std::vector<Convolution> HeadConvolutions(const SearchSpace& space);

}  // namespace danas
