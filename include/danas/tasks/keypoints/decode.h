// From heat maps to persons: key-points in pixels of the picture. SimpleBaseline (Xiao et al.,
// ECCV 2018: lib/core/inference.py, lib/core/function.py, lib/dataset/coco.py).
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <span>
#include <vector>

#include "danas/data/affine_warp.h"
#include "danas/tasks/keypoints/heat_maps.h"
#include "danas/tasks/keypoints/oks.h"

namespace danas {

// Maps of a mirrored image [N, K, h, w] as those of the image: columns from right to left, the key-points of a pair
// exchanged; with `shift` all columns but the first one pixel further right, which is how a network's maps lie.
at::Tensor FlipBack(const at::Tensor& maps_nkhw, std::span<const std::array<int, 2>> flip_pairs, bool shift);

// Like MaximaOf(), and each place a quarter pixel towards the greater neighbour, in both directions: not where
// neighbours are equal, nor in the first two and the last row and column.
MapMaxima RefinedMaximaOf(const at::Tensor& maps_nkhw);

// Of each image the key-points in its picture: views[n] is what frame n shows (ViewOfPerson). Copies from the device.
std::vector<std::vector<FoundKeypoint>> DecodeHeatMaps(const at::Tensor& maps_nkhw, std::span<const PersonView> views);

// Of what a frame shows, in pixels of the picture: the area by which OKS-NMS compares persons.
double AreaOf(const PersonView& view);

}  // namespace danas
