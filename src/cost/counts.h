// MACs and parameters of a block, stem or head: sums over its steps that have weights.
#pragma once

#include "danas/arch/block_graph.h"
#include "danas/arch/space.h"

namespace danas {

// Doubles, since the largest layers that a space can have overflow 64 bits; exact below 2^53.
struct Counts {
  double macs = 0;
  double macs_at_output = 0;  // with a deconvolution's weights used at every pixel of its output
  double parameters = 0;

  Counts& operator+=(const Counts& other);
  bool operator==(const Counts&) const = default;
};

Counts CountsOf(const BlockGraph& graph);
Counts StemCounts(const SearchSpace& space);
Counts HeadCounts(const SearchSpace& space);

}  // namespace danas
