// Multiply-accumulates of forward passes through a supernet, as they are computed: all candidates of a mixture or
// some, one candidate a layer of a path, and of many networks scored together what they share once.
#pragma once

#include <cstddef>
#include <vector>

#include "danas/arch/space.h"
#include "danas/nn/mixed_layer.h"

namespace danas {

class ForwardMacs {
 public:
  explicit ForwardMacs(const SearchSpace& space);

  // Of one image's Supernet::forward() with these choices. One candidate's layer needs none.
  double Of(const std::vector<LayerChoice>& choices) const;

  // Of its Supernet::Features() alone: without the classifier.
  double OfFeatures(const std::vector<LayerChoice>& choices) const { return Of(choices) - classifier_; }

  // Of one image's way through all of `networks` as a NetworkWalk takes it (score_walk.h): sorted, without equals.
  // Stem and shared first layers count once; 0 without networks.
  double OfWalk(const std::vector<std::vector<size_t>>& networks, bool classifies) const;

 private:
  double stem_ = 0;
  double pool_ = 0;  // of the head, before the classifier
  double classifier_ = 0;
  std::vector<std::vector<double>> candidates_lc_;
};

}  // namespace danas
