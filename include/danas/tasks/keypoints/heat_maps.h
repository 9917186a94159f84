// Key-points as heat maps: the maps that a network is to learn, how wrong its own are, and how many of its key-points
// are right. SimpleBaseline (Xiao et al., ECCV 2018: lib/dataset/JointsDataset.py, lib/core/loss.py,
// lib/core/evaluate.py).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace danas {

struct MapSize {
  int64_t height = 0;
  int64_t width = 0;
  bool operator==(const MapSize&) const = default;
};

struct HeatMaps {
  at::Tensor maps_nkhw;   // greatest value 1
  at::Tensor weights_nk;  // of each map in the loss
};

// `truth_nk3`: of each key-point x and y in pixels of the frame, and its weight, 0 where it is not labelled. A labelled
// key-point is a Gaussian of standard deviation `sigma` (pixels of the map, whole or not) around the nearest pixel, cut
// off at 3 sigma; one whose Gaussian lies beside the map has weight 0. On the truth's device and of its type.
HeatMaps HeatMapTargets(const at::Tensor& truth_nk3, const MapSize& frame, const MapSize& map, double sigma);

// Of each image, [N]: the mean over key-points of half the mean squared error of the weighted maps, so that the mean
// over the batch is SimpleBaseline's loss with use_target_weight. In float32 (double for double), also where
// `output_nkhw` is of half precision. Weights act squared, as there.
at::Tensor HeatMapLosses(const at::Tensor& output_nkhw, const HeatMaps& target);

// Whether each map's maximum lies where the target's does (PCK): at less than half of a tenth of the map's size. Bool.
struct MapHits {
  at::Tensor hits_nk;
  at::Tensor counted_nk;  // targets that can be found: not in the first two rows or columns, not without a maximum
};
MapHits HitsOf(const at::Tensor& output_nkhw, const at::Tensor& target_nkhw);

// Of each image, [N] float32: the share of its counted key-points that are hit; 0 where none is counted.
at::Tensor HitShares(const MapHits& hits);

// Place (x, y) of each map's greatest element, the first where several are, [N, K, 2], and its value [N, K]. Where that
// is not above 0, the place is 0, 0.
struct MapMaxima {
  at::Tensor places_nk2;
  at::Tensor values_nk;
};
MapMaxima MaximaOf(const at::Tensor& maps_nkhw);

}  // namespace danas
