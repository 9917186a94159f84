// A network that locates key-points (Xiao et al., "Simple Baselines for Human Pose Estimation and Tracking", ECCV
// 2018): a backbone without its classifier, layers that each double the map's sides, and a map for each key-point.
// Groups of the deconvolutions are searched like any other candidate (the paper's section 5.4).
#pragma once

#include <cstddef>
#include <vector>

#include "danas/arch/space.h"

namespace danas {

struct HeatMapHead {
  int key_points = 17;                  // COCO's
  Size input = {256, 192};              // of the images; {0, 0}: as the backbone's
  int layers = 3;                       // each of `upsample` 2
  int channels = 256;                   // of each
  int kernel = 4;                       // of each
  std::vector<int> groups = {2, 4, 8};  // the candidates of each layer
  std::vector<int> fixed = {};          // the groups of each layer, which is then not searched; `groups` is not used
};

// The backbone's layers for images of `input`, then those of the head, then heat maps. The backbone's classifier is
// left out, with the 1x1 before its pooling. New weights begin as SimpleBaseline's, the backbone's as they did. The
// name is the backbone's with "_heat_maps" behind. Throws ConfigError where the backbone ends in heat maps, where
// numbers of `head` are out of range or its groups do not divide the channels, and where the input is no multiple of
// the backbone's stride, so that a pixel of the maps would not stand for as many pixels across as down.
SearchSpace WithHeatMapHead(const SearchSpace& backbone, const HeatMapHead& head);

// Throws ConfigError where a space that ends in heat maps has an input whose sides are no multiples of its stride, as
// WithHeatMapHead() does: for one whose input was changed. Of classifiers any input is right.
void RequireEvenHeatMaps(const SearchSpace& network);

// How many layers there are before the first that enlarges: those of the backbone of WithHeatMapHead().
size_t BackboneLayers(const SearchSpace& space);

}  // namespace danas
