// Elements of tensors that a training step of the supernet, or scoring, holds at its peak, from shapes alone.
#pragma once

#include <cstdint>
#include <vector>

#include "danas/arch/block_graph.h"
#include "danas/arch/space.h"

namespace danas {

// How the network is computed: by the fused kernels where they fit; layers computed again in backward.
struct Computation {
  bool fused = false;
  bool recomputes = false;
};

// Elements of one image in one candidate.
struct CandidateElements {
  double kept = 0;     // kept for backward: what the gradients of its steps are made from
  double widest = 0;   // its largest tensor
  bool fused = false;  // in the layer's one node: kept are the outputs of its last two convolutions alone
  bool parts = false;  // chains of it are nodes of their own
};

// `fuses`: the chains of the graph that fit the fused kernels are computed by them; not as the layer's one node.
CandidateElements CountElements(const BlockGraph& graph, bool fuses);

CandidateElements CountElements(const BlockSpec& block, const LayerShape& shape, bool fused);

// Elements that one image needs at the peak of a forward and backward pass in which layer l has `candidates_l[l]` live
// candidates (its candidates' mean stands for each). `keeps_outputs`: the architecture pass, whose gradient of p needs
// the candidates' outputs.
double PeakElements(const SearchSpace& space, const std::vector<double>& candidates_l, bool keeps_outputs,
                    const Computation& how);

// The same, without gradients, of scoring. Of networks (SubnetScorer::Score): what goes into every layer, for networks
// that go on from there, and inside one candidate. Of `mixtures`: a layer's input and its candidates' outputs.
double ScoringElements(const SearchSpace& space, const std::vector<double>& candidates_l, bool mixtures,
                       const Computation& how);

}  // namespace danas
