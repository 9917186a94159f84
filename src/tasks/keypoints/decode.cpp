#include "danas/tasks/keypoints/decode.h"

#include <ATen/ATen.h>

#include <utility>

namespace danas {

at::Tensor FlipBack(const at::Tensor& maps_nkhw, std::span<const std::array<int, 2>> flip_pairs, bool shift) {
  std::vector<int64_t> order(static_cast<size_t>(maps_nkhw.size(1)));
  for (size_t k = 0; k < order.size(); ++k) order[k] = static_cast<int64_t>(k);
  for (const auto& [left, right] : flip_pairs) {
    std::swap(order[static_cast<size_t>(left)], order[static_cast<size_t>(right)]);
  }
  const at::Tensor maps = maps_nkhw.flip({3}).index_select(1, at::tensor(order, at::kLong).to(maps_nkhw.device()));
  if (!shift) return maps;
  return at::cat({maps.narrow(3, 0, 1), maps.narrow(3, 0, maps.size(3) - 1)}, 3);
}

MapMaxima RefinedMaximaOf(const at::Tensor& maps_nkhw) {
  MapMaxima maxima = MaximaOf(maps_nkhw);
  const int64_t height = maps_nkhw.size(2);
  const int64_t width = maps_nkhw.size(3);
  const at::Tensor x_nk = maxima.places_nk2.select(2, 0).to(at::kLong);
  const at::Tensor y_nk = maxima.places_nk2.select(2, 1).to(at::kLong);
  const at::Tensor inside_nk =
      x_nk.gt(1).logical_and(x_nk.lt(width - 1)).logical_and(y_nk.gt(1)).logical_and(y_nk.lt(height - 1));
  const at::Tensor flat = maps_nkhw.detach().flatten(2).to(maxima.values_nk.scalar_type());
  // Of places at the edge another's neighbours are taken, and then not used.
  const at::Tensor at_nk = (y_nk * width + x_nk).masked_fill(inside_nk.logical_not(), 0);
  const auto slope = [&](int64_t step) {
    const auto value = [&](const at::Tensor& places) {
      return flat.gather(2, places.clamp(0, height * width - 1).unsqueeze(-1)).squeeze(-1);
    };
    return (value(at_nk + step) - value(at_nk - step)).sign();
  };
  const at::Tensor quarter_nk2 = at::stack({slope(1), slope(width)}, -1) * 0.25;
  maxima.places_nk2 = maxima.places_nk2 + quarter_nk2 * inside_nk.unsqueeze(-1);
  return maxima;
}

std::vector<std::vector<FoundKeypoint>> DecodeHeatMaps(const at::Tensor& maps_nkhw, std::span<const PersonView> views) {
  const MapMaxima maxima = RefinedMaximaOf(maps_nkhw);
  const at::Tensor places = maxima.places_nk2.to(at::kCPU, at::kDouble).contiguous();
  const at::Tensor values = maxima.values_nk.to(at::kCPU, at::kDouble).contiguous();
  const double* place = places.const_data_ptr<double>();
  const double* value = values.const_data_ptr<double>();
  const PixelSize map = {.height = static_cast<int>(maps_nkhw.size(2)), .width = static_cast<int>(maps_nkhw.size(3))};
  std::vector<std::vector<FoundKeypoint>> persons(views.size());
  for (size_t n = 0; n < views.size(); ++n) {
    const Affine to_picture = FromFrame(views[n], /*rotation=*/0, map);
    for (int64_t k = 0; k < maps_nkhw.size(1); ++k, place += 2, ++value) {
      const Point at = to_picture({.x = place[0], .y = place[1]});
      persons[n].push_back({.x = at.x, .y = at.y, .score = *value});
    }
  }
  return persons;
}

double AreaOf(const PersonView& view) {
  constexpr double kScaleUnit = 200;
  return view.scale_x * kScaleUnit * (view.scale_y * kScaleUnit);
}

}  // namespace danas
