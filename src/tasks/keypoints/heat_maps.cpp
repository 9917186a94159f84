#include "danas/tasks/keypoints/heat_maps.h"

#include <ATen/ATen.h>

namespace danas {
namespace {

at::ScalarType LossType(const at::Tensor& output) {
  return output.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

// The pixels of the map, in one direction, around which a key-point lies: [N, K]. As Python's int(): towards 0.
at::Tensor Centres(const at::Tensor& positions_nk, int64_t frame, int64_t map) {
  const double stride = static_cast<double>(frame) / static_cast<double>(map);
  return (positions_nk / stride + 0.5).trunc();
}

// Distances of `length` pixels from each centre: [N, K, length].
at::Tensor Distances(const at::Tensor& centres_nk, int64_t length) {
  return at::arange(length, centres_nk.options()) - centres_nk.unsqueeze(-1);
}

}  // namespace

HeatMaps HeatMapTargets(const at::Tensor& truth_nk3, const MapSize& frame, const MapSize& map, double sigma) {
  const at::Tensor x_nk = Centres(truth_nk3.select(2, 0), frame.width, map.width);
  const at::Tensor y_nk = Centres(truth_nk3.select(2, 1), frame.height, map.height);
  const at::Tensor given_nk = truth_nk3.select(2, 2);
  const double reach = 3 * sigma;
  // The patch ends one pixel after its last, and one that ends where the map begins still counts, as in SimpleBaseline.
  const auto beside = [&](const at::Tensor& centre_nk, int64_t length) {
    return (centre_nk - reach).ge(length).logical_or((centre_nk + reach + 1).lt(0));
  };
  const at::Tensor weights_nk = given_nk.masked_fill(beside(x_nk, map.width).logical_or(beside(y_nk, map.height)), 0);

  const auto gaussian = [&](const at::Tensor& distances) {
    return distances.square().div(-2 * sigma * sigma).exp().masked_fill(distances.abs().gt(reach), 0);
  };
  const at::Tensor rows_nkh = gaussian(Distances(y_nk, map.height)) * weights_nk.gt(0).unsqueeze(-1);
  const at::Tensor columns_nkw = gaussian(Distances(x_nk, map.width));
  return {.maps_nkhw = rows_nkh.unsqueeze(-1) * columns_nkw.unsqueeze(-2), .weights_nk = weights_nk};
}

at::Tensor HeatMapLosses(const at::Tensor& output_nkhw, const HeatMaps& target) {
  const at::ScalarType type = LossType(output_nkhw);
  const at::Tensor error_nkhw = output_nkhw.to(type) - target.maps_nkhw.to(type);
  const at::Tensor weighted = error_nkhw * target.weights_nk.to(type).unsqueeze(-1).unsqueeze(-1);
  return weighted.square().mean({1, 2, 3}) * 0.5;
}

MapMaxima MaximaOf(const at::Tensor& maps_nkhw) {
  const int64_t width = maps_nkhw.size(3);
  const auto [values_nk, best_nk] = maps_nkhw.detach().flatten(2).max(2);
  const at::Tensor places_nk2 = at::stack({best_nk.remainder(width), best_nk.div(width, "floor")}, -1);
  const at::ScalarType type = LossType(maps_nkhw);
  return {.places_nk2 = places_nk2.to(type) * values_nk.gt(0).unsqueeze(-1), .values_nk = values_nk.to(type)};
}

MapHits HitsOf(const at::Tensor& output_nkhw, const at::Tensor& target_nkhw) {
  const at::Tensor wanted_nk2 = MaximaOf(target_nkhw).places_nk2.to(at::kDouble);
  const at::Tensor apart_nk2 = MaximaOf(output_nkhw).places_nk2 - wanted_nk2;
  // x by the height and y by the width: as published, and what numbers of others are measured with.
  const at::Tensor x_nk = apart_nk2.select(2, 0) / (static_cast<double>(output_nkhw.size(2)) / 10);
  const at::Tensor y_nk = apart_nk2.select(2, 1) / (static_cast<double>(output_nkhw.size(3)) / 10);
  const at::Tensor counted_nk = wanted_nk2.gt(1).all(-1);
  return {.hits_nk = (x_nk.square() + y_nk.square()).lt(0.25).logical_and(counted_nk), .counted_nk = counted_nk};
}

at::Tensor HitShares(const MapHits& hits) {
  return hits.hits_nk.sum(1).to(at::kFloat) / hits.counted_nk.sum(1).clamp_min(1);
}

}  // namespace danas
