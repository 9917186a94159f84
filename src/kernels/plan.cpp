#include "src/kernels/plan.h"

#include <algorithm>

namespace danas::kernels {
namespace {

constexpr int64_t kGroupPixels = 64;                // output pixels below which images share a task
constexpr int64_t kBandBytes = int64_t{320} << 10;  // of a task's tiles: they stay in a core's second-level cache

}  // namespace

LayerPlan::LayerPlan(const LayerSize& layer_size, int64_t row_bytes)
    : size(layer_size),
      out_height((size.height + size.stride - 1) / size.stride),
      out_width((size.width + size.stride - 1) / size.stride),
      group_images(1) {
  while (group_images * out_height * out_width < kGroupPixels && size.images % (2 * group_images) == 0 &&
         size.images / (2 * group_images) >= 2) {
    group_images *= 2;
  }
  groups = size.images / group_images;
  in_pixels = group_images * size.height * size.width;
  out_pixels = group_images * out_height * out_width;
  const int64_t rows = std::max<int64_t>(8, kBandBytes / std::max<int64_t>(1, row_bytes));  // of the input
  bands = group_images > 1 ? 1 : std::clamp<int64_t>((size.height + rows / 2) / rows, 1, out_height);
}

Band LayerPlan::BandOf(int64_t task) const {
  const int64_t band = task % bands;
  Band result{
      .group = task / bands, .out_begin = out_height * band / bands, .out_end = out_height * (band + 1) / bands};
  result.in_begin = result.out_begin * size.stride;
  result.in_end = std::min(size.height, result.out_end * size.stride);
  return result;
}

void PaddedRows::Offsets(std::vector<int32_t>& offsets) const {
  offsets.clear();
  for (int64_t image = 0; image < images; ++image) {
    for (int64_t row = real_begin; row < real_end; ++row) {
      for (int64_t column = 0; column < columns - 2 * padding; ++column) {
        offsets.push_back(static_cast<int32_t>(At(image, row, column)));
      }
    }
  }
}

PaddedRows InputRows(const LayerPlan& plan, const Band& band, int64_t kernel, int64_t lanes) {
  const int64_t padding = kernel / 2, stride = plan.size.stride;
  PaddedRows rows{.images = plan.group_images,
                  .rows = (band.out_end - band.out_begin - 1) * stride + kernel,
                  .columns = plan.size.width + 2 * padding,
                  .lanes = lanes,
                  .first_row = band.out_begin * stride - padding,
                  .padding = padding};
  rows.real_begin = std::max<int64_t>(0, rows.first_row);
  rows.real_end = std::min(plan.size.height, rows.first_row + rows.rows);
  return rows;
}

PaddedRows GradientRows(const LayerPlan& plan, const Band& band, int64_t kernel, int64_t lanes) {
  // Input row i is read by output rows (i + kernel / 2 - tap) / stride, for taps 0 ... kernel - 1.
  const int64_t padding = plan.size.stride == 1 ? kernel / 2 : (kernel / 2 + 1) / 2;
  PaddedRows rows{.images = plan.group_images,
                  .rows = band.out_end - band.out_begin + 2 * padding,
                  .columns = plan.out_width + 2 * padding,
                  .lanes = lanes,
                  .first_row = band.out_begin - padding,
                  .padding = padding};
  rows.real_begin = std::max<int64_t>(0, rows.first_row);
  rows.real_end = std::min(plan.out_height, rows.first_row + rows.rows);
  return rows;
}

}  // namespace danas::kernels
