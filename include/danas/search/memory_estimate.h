// Bytes of tensors that a training step of the supernet holds at its peak, from shapes alone.
#pragma once

#include <cstdint>
#include <vector>

#include "danas/arch/space.h"

namespace danas {

// Elements of one image in one candidate.
struct CandidateElements {
  double kept = 0;     // kept for backward: every convolution's output and every activation's result
  double widest = 0;   // its largest tensor
};

CandidateElements CountElements(const BlockSpec& block, const LayerShape& shape);

// Elements that one image needs at the peak of a forward and backward pass in which layer l has `candidates_l[l]` live
// candidates (its candidates' mean stands for each). `keeps_outputs`: the architecture pass, whose gradient of p needs
// the candidates' outputs.
double PeakElements(const SearchSpace& space, const std::vector<double>& candidates_l, bool keeps_outputs);

}  // namespace danas
