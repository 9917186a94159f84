// What goes together in a block's graph: a convolution and the activation behind it, and chains of convolutions as
// inverted residuals have them.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "danas/arch/block_graph.h"

namespace danas {

// A convolution with a norm, and the activation that nothing but reads its result.
struct Link {
  size_t convolution;  // step
  std::optional<size_t> activation = {};
  MapId output = 0;
};

// 1x1; k x k depthwise; 1x1, each with a norm, without a bias and perhaps with an activation, and no map between them
// read by others. k is odd, and the padding k / 2 at each side. The first may be left out.
struct Chain {
  std::optional<Link> expand;
  Link depthwise;
  Link project;

  std::vector<Link> Links() const;  // those that are there, in order
  std::vector<size_t> Steps() const;
};

class GraphChains {
 public:
  explicit GraphChains(const BlockGraph& graph);

  // The steps that read a map, in order.
  const std::vector<size_t>& Readers(MapId map) const { return readers_[map]; }

  // The step that reads the map where no other does, and where it is not the result.
  std::optional<size_t> OnlyReader(MapId map) const;

  // OnlyReader() where it is an activation.
  std::optional<size_t> ActivationOf(MapId map) const;

  // Of a convolution with a norm; nothing for other steps.
  std::optional<Link> LinkAt(size_t step) const;

  // The chain that begins with the step; of two the longer one.
  std::optional<Chain> ChainAt(size_t step) const;

 private:
  const ConvolutionStep& ConvolutionOf(const Link& link) const;
  bool IsPointwise(const Link& link) const;
  bool IsDepthwise(const Link& link) const;
  std::optional<Link> LinkAfter(const Link& link) const;

  const BlockGraph& graph_;
  std::vector<std::vector<size_t>> readers_;  // [map]
};

}  // namespace danas
