// Small search spaces for the tests of the search.
#pragma once

#include <vector>

#include "danas/arch/space.h"

namespace danas::test {

// Inverted residuals e{1, 3, 6} x k{3, 5} and so on: the first `count` of a fixed list of 18 different blocks.
inline std::vector<BlockSpec> DistinctBlocks(size_t count) {
  std::vector<BlockSpec> blocks;
  for (const double expand : {1.0, 3.0, 6.0}) {
    for (const int kernel : {3, 5, 7}) {
      for (const bool squeeze_excite : {false, true}) {
        blocks.push_back({.kind = BlockKind::kInvertedResidual,
                          .op = {.kind = OperatorKind::kDepthwise, .kernel = kernel},
                          .expand = expand,
                          .squeeze_excite = squeeze_excite});
      }
    }
  }
  blocks.resize(count);
  return blocks;
}

// A space of `candidates[l]` in layer l, all of stride 1 on `channels` channels at size x size.
inline SearchSpace MakeSpace(const std::vector<std::vector<BlockSpec>>& candidates, int channels = 8, int size = 8,
                             int classes = 4) {
  SpaceParts parts;
  parts.name = "test";
  parts.input = {size, size};
  parts.classes = classes;
  parts.stem = {.channels = channels, .stride = 1};
  for (const std::vector<BlockSpec>& blocks : candidates) {
    parts.layers.push_back({.shape = {.in = channels, .out = channels, .stride = 1, .input = {size, size}},
                            .candidates = blocks});
  }
  return SearchSpace(parts);
}

inline SearchSpace SpaceWithCounts(const std::vector<size_t>& counts) {
  std::vector<std::vector<BlockSpec>> candidates;
  for (const size_t count : counts) candidates.push_back(DistinctBlocks(count));
  return MakeSpace(candidates);
}

inline std::vector<size_t> Counts(const SearchSpace& space) {
  std::vector<size_t> counts;
  for (const LayerSpec& layer : space.layers()) counts.push_back(layer.candidates.size());
  return counts;
}

}  // namespace danas::test
