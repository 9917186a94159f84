// How a layer's pixels are cut into tasks. From the layer's size alone, so that sums come in one order whatever the
// number of threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "danas/kernels/inverted_residual.h"

namespace danas::kernels {

// The task's part of the layer: a group of whole images, or a band of rows of one image.
struct Band {
  int64_t group = 0;
  int64_t out_begin = 0, out_end = 0;  // output rows
  int64_t in_begin = 0, in_end = 0;    // the input rows whose gradient this band computes; bands share no row
};

class LayerPlan {
 public:
  // `row_bytes`: of a feature map's row in all blocks that a task holds at once, the working set's unit.
  LayerPlan(const LayerSize& size, int64_t row_bytes);

  LayerSize size;
  int64_t out_height, out_width;
  int64_t group_images, groups;
  int64_t in_pixels, out_pixels;  // of a group
  int64_t bands;                  // of a group; more than one only where a group is one image

  int64_t tasks() const { return groups * bands; }
  int64_t total_in_pixels() const { return groups * in_pixels; }
  int64_t total_out_pixels() const { return groups * out_pixels; }
  Band BandOf(int64_t task) const;
};

// Zero-padded rows of one block of channels, for a band: [images][rows][columns][lanes].
struct PaddedRows {
  int64_t images = 1, rows = 0, columns = 0, lanes = 1;
  int64_t first_row = 0;                 // the map's row that row 0 stands for; negative above the map
  int64_t padding = 0;                   // columns left and right of the map
  int64_t real_begin = 0, real_end = 0;  // rows of the map that are there

  int64_t row_stride() const { return columns * lanes; }
  int64_t image_stride() const { return rows * row_stride(); }
  int64_t size() const { return images * image_stride(); }
  int64_t At(int64_t image, int64_t row, int64_t column) const {
    return image * image_stride() + (row - first_row) * row_stride() + (column + padding) * lanes;
  }
  int64_t real_pixels() const { return images * (real_end - real_begin) * (columns - 2 * padding); }

  // Where each real pixel lies, in the map's order.
  void Offsets(std::vector<int32_t>& offsets) const;
  template <typename T>
  void ZeroPadding(T* tile) const;
};

// Input rows that a band's outputs read, and padded output rows that its input's gradient reads.
PaddedRows InputRows(const LayerPlan& plan, const Band& band, int64_t kernel, int64_t lanes);
PaddedRows GradientRows(const LayerPlan& plan, const Band& band, int64_t kernel, int64_t lanes);

template <typename T>
void PaddedRows::ZeroPadding(T* tile) const {
  for (int64_t image = 0; image < images; ++image) {
    for (int64_t row = 0; row < rows; ++row) {
      T* begin = tile + image * image_stride() + row * row_stride();
      const int64_t map_row = first_row + row;
      if (map_row < real_begin || map_row >= real_end) {
        std::fill_n(begin, row_stride(), T(0));
      } else {
        std::fill_n(begin, padding * lanes, T(0));
        std::fill_n(begin + row_stride() - padding * lanes, padding * lanes, T(0));
      }
    }
  }
}

}  // namespace danas::kernels
