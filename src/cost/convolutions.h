// The convolutions and fully connected layers of a block, stem or head, one by one: all that MACs and parameters count.
#pragma once

#include <vector>

#include "danas/arch/block_graph.h"
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

  // Weights are out * in / groups * kernel^2, each used once at every output position. Doubles, since the largest
  // layers that a space can have overflow 64 bits; exact below 2^53.
  double weights() const;
  double macs() const;
  double parameters() const;
};

std::vector<Convolution> ConvolutionsOf(const BlockGraph& graph);
std::vector<Convolution> StemConvolutions(const SearchSpace& space);
std::vector<Convolution> HeadConvolutions(const SearchSpace& space);

}  // namespace danas
