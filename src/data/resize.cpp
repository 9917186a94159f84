#include <algorithm>
#include <cmath>
#include <cstring>

#include "danas/data/pixels.h"
#include "src/data/clones.h"

namespace danas {
namespace {

constexpr int kWeightBits = 22;
// At least so much of the shrinking is left to the resize where a picture is decoded at reduced size.
constexpr double kLeftToResize = 1.25;

constexpr int32_t kHalf = 1 << (kWeightBits - 1);

// One axis of a resize: output i is the sum of weights[i * taps + k] * input[start[i] + k].
struct Filter {
  int taps = 0;
  std::vector<int> start;
  std::vector<int32_t> weights;  // in units of 2^-22, so that a sum of 8-bit values fits into 32 bits

  int begin() const { return start.front(); }
  int end() const { return start.back() + taps; }
};

// What is resized along one axis, in pixels `reduction` times as large as the file's: they begin with pixel `first`, of
// which the source may cover a part.
struct Source {
  Source(int from, int count, int reduction)
      : first(from / reduction),
        pixels((from + count - 1) / reduction + 1 - first),
        start(static_cast<double>(from % reduction) / reduction),
        length(static_cast<double>(count) / reduction) {}

  // The share of a pixel that the source covers.
  double Covered(int pixel) const { return std::min(pixel + 1.0, start + length) - std::max<double>(pixel, start); }

  int first;
  int pixels;
  double start;  // from `first`
  double length;
};

// Pillow's precompute_coeffs for a triangle filter: as wide as one output pixel when shrinking, as one input pixel
// when growing. Outputs [first, first + count) of `target`.
Filter TriangleFilter(const Source& source, int target, int first, int count) {
  const double scale = source.length / target;
  const double support = std::max(scale, 1.0);
  Filter filter;
  filter.taps = std::min(source.pixels, static_cast<int>(std::ceil(support)) * 2 + 1);
  filter.start.resize(static_cast<size_t>(count));
  filter.weights.assign(static_cast<size_t>(count) * filter.taps, 0);
  std::vector<double> weights;
  for (int i = 0; i < count; ++i) {
    const double center = source.start + (first + i + 0.5) * scale;
    const int begin = std::max(0, static_cast<int>(center - support + 0.5));
    const int end = std::min(source.pixels, static_cast<int>(center + support + 0.5));
    weights.clear();
    double sum = 0;
    for (int x = begin; x < end; ++x) {
      weights.push_back(std::max(0.0, 1.0 - std::abs((x - center + 0.5) / support)) * source.Covered(x));
      sum += weights.back();
    }
    // A common number of taps for all outputs: near the end the first ones weigh nothing.
    const int start = std::min(begin, source.pixels - filter.taps);
    filter.start[static_cast<size_t>(i)] = start;
    int32_t* to = filter.weights.data() + static_cast<size_t>(i) * filter.taps + (begin - start);
    for (const double weight : weights) *to++ = static_cast<int32_t>(weight / sum * (1 << kWeightBits) + 0.5);
  }
  return filter;
}

// The part of a window that lies on a picture of `length` pixels.
struct Span {
  int first = 0;
  int count = 0;
};
Span Overlap(int window_start, int window_length, int length) {
  const int first = std::max(0, window_start);
  return {.first = first, .count = std::max(0, std::min(length, window_start + window_length) - first)};
}

using Int4 = int32_t __attribute__((vector_size(16)));

// Four lanes a pixel, of which the fourth is never used.
DANAS_CLONES void WidenRow(const uint8_t* rgb, int count, int32_t* to) {
  for (int i = 0; i < count; ++i) {
    to[4 * i] = rgb[3 * i];
    to[4 * i + 1] = rgb[3 * i + 1];
    to[4 * i + 2] = rgb[3 * i + 2];
  }
}

// The weights are positive and their sum is near 1, but rounding may take it above.
inline uint8_t ToByte(int32_t sum) { return static_cast<uint8_t>(std::min(255, sum >> kWeightBits)); }

// One row of pixels to one row of `outputs` values for each colour.
DANAS_CLONES void FilterColumns(const int32_t* row, const int* start, const int32_t* weights, int taps, int outputs,
                                uint8_t* out) {
  for (int i = 0; i < outputs; ++i) {
    const int32_t* pixel = row + 4 * static_cast<size_t>(start[i]);
    Int4 sum = {kHalf, kHalf, kHalf, kHalf};
    for (int k = 0; k < taps; ++k) {
      Int4 value;
      std::memcpy(&value, pixel + 4 * static_cast<size_t>(k), sizeof value);
      sum += value * weights[k];
    }
    weights += taps;
    out[i] = ToByte(sum[0]);
    out[outputs + i] = ToByte(sum[1]);
    out[2 * outputs + i] = ToByte(sum[2]);
  }
}

DANAS_CLONES void FilterRows(const uint8_t* rows, size_t stride, const int32_t* weights, int taps, int count,
                             int32_t* sum, uint8_t* out) {
  for (int i = 0; i < count; ++i) sum[i] = kHalf;
  for (int k = 0; k < taps; ++k) {
    const uint8_t* row = rows + k * stride;
    const int32_t weight = weights[k];
    if (weight == 0) continue;
    for (int i = 0; i < count; ++i) sum[i] += weight * row[i];
  }
  for (int i = 0; i < count; ++i) out[i] = ToByte(sum[i]);
}

struct Axes {
  Span rows;  // of the resized picture
  Span columns;
  Filter vertical;
  Filter horizontal;
};

Source RowsOf(const Framing& framing, int reduction) { return {framing.source.top, framing.source.height, reduction}; }
Source ColumnsOf(const Framing& framing, int reduction) {
  return {framing.source.left, framing.source.width, reduction};
}

Axes MakeAxes(const Framing& framing, int reduction) {
  Axes axes;
  axes.rows = Overlap(framing.window.top, framing.window.height, framing.height);
  axes.columns = Overlap(framing.window.left, framing.window.width, framing.width);
  axes.vertical = TriangleFilter(RowsOf(framing, reduction), framing.height, axes.rows.first, axes.rows.count);
  axes.horizontal =
      TriangleFilter(ColumnsOf(framing, reduction), framing.width, axes.columns.first, axes.columns.count);
  return axes;
}

bool KeepsSize(const Framing& framing) {
  return framing.height == framing.source.height && framing.width == framing.source.width;
}

// A window that misses the picture altogether still depends on one pixel, so that the part is never empty.
Box OverlapBox(const Framing& framing) {
  const Span rows = Overlap(framing.window.top, framing.window.height, framing.height);
  const Span columns = Overlap(framing.window.left, framing.window.width, framing.width);
  if (rows.count == 0 || columns.count == 0) return {.top = 0, .left = 0, .height = 1, .width = 1};
  return {.top = rows.first, .left = columns.first, .height = rows.count, .width = columns.count};
}

void MirrorRow(uint8_t* row, int width) { std::reverse(row, row + width); }

Planes BlackPlanes(int channels, int height, int width) {
  Planes planes{.channels = channels, .height = height, .width = width, .values = {}};
  planes.values.resize(static_cast<size_t>(channels) * planes.area());
  return planes;
}

// Without a resize: pixels are copied to where the window wants them.
void CopyWindow(const Image& part, const Framing& framing, Planes& planes) {
  const Box box = OverlapBox(framing);
  if (box.top + box.height <= framing.window.top || box.left + box.width <= framing.window.left) return;
  for (int y = 0; y < box.height; ++y) {
    const uint8_t* from = part.Row(y);
    for (int c = 0; c < planes.channels; ++c) {
      uint8_t* to = planes.plane(c) + static_cast<size_t>(box.top - framing.window.top + y) * planes.width +
                    (box.left - framing.window.left);
      for (int x = 0; x < box.width; ++x) to[x] = from[3 * x + c];
    }
  }
}

void ResizeWindow(const Image& part, const Framing& framing, Planes& planes) {
  const Axes axes = MakeAxes(framing, part.reduction);
  const int columns = axes.columns.count;
  const size_t stride = 3 * static_cast<size_t>(columns);
  std::vector<uint8_t> narrow(stride * part.height);
  std::vector<int32_t> wide(4 * static_cast<size_t>(part.width));
  std::vector<int> starts = axes.horizontal.start;
  for (int& start : starts) start -= axes.horizontal.begin();
  for (int y = 0; y < part.height; ++y) {
    WidenRow(part.Row(y), part.width, wide.data());
    FilterColumns(wide.data(), starts.data(), axes.horizontal.weights.data(), axes.horizontal.taps, columns,
                  narrow.data() + y * stride);
  }
  const size_t wanted = static_cast<size_t>(planes.channels) * static_cast<size_t>(columns);
  std::vector<int32_t> sum(wanted);
  std::vector<uint8_t> row(wanted);
  for (int i = 0; i < axes.rows.count; ++i) {
    const size_t first = static_cast<size_t>(axes.vertical.start[static_cast<size_t>(i)] - axes.vertical.begin());
    FilterRows(narrow.data() + first * stride, stride,
               axes.vertical.weights.data() + static_cast<size_t>(i) * axes.vertical.taps, axes.vertical.taps,
               static_cast<int>(wanted), sum.data(), row.data());
    const int y = axes.rows.first - framing.window.top + i;
    for (int c = 0; c < planes.channels; ++c) {
      uint8_t* to =
          planes.plane(c) + static_cast<size_t>(y) * planes.width + (axes.columns.first - framing.window.left);
      std::memcpy(to, row.data() + c * static_cast<size_t>(columns), static_cast<size_t>(columns));
    }
  }
}

}  // namespace

Box SourceOf(const Framing& framing, int reduction) {
  const Source rows = RowsOf(framing, reduction);
  const Source columns = ColumnsOf(framing, reduction);
  Box box = OverlapBox(framing);
  if (!KeepsSize(framing)) {
    const Filter vertical = TriangleFilter(rows, framing.height, box.top, box.height);
    const Filter horizontal = TriangleFilter(columns, framing.width, box.left, box.width);
    box = {.top = vertical.begin(),
           .left = horizontal.begin(),
           .height = vertical.end() - vertical.begin(),
           .width = horizontal.end() - horizontal.begin()};
  }
  box.top += rows.first;
  box.left += columns.first;
  return box;
}

int ReductionOf(const Framing& framing) {
  const double smaller = std::min(static_cast<double>(framing.source.height) / framing.height,
                                  static_cast<double>(framing.source.width) / framing.width);
  int reduction = 1;
  while (reduction < 8 && 2 * reduction * kLeftToResize <= smaller) reduction *= 2;
  return reduction;
}

Planes Frame(const Image& part, const Framing& framing, int channels) {
  Planes planes = BlackPlanes(channels, framing.window.height, framing.window.width);
  if (KeepsSize(framing)) {
    CopyWindow(part, framing, planes);
  } else {
    ResizeWindow(part, framing, planes);
  }
  if (framing.mirror) {
    for (int row = 0; row < planes.channels * planes.height; ++row) {
      MirrorRow(planes.values.data() + static_cast<size_t>(row) * planes.width, planes.width);
    }
  }
  return planes;
}

Image ToImage(const Planes& planes) {
  Image image = BlackImage(planes.height, planes.width);
  for (int c = 0; c < 3; ++c) {
    const uint8_t* plane = planes.plane(std::min(c, planes.channels - 1));
    for (size_t i = 0; i < planes.area(); ++i) image.rgb[3 * i + static_cast<size_t>(c)] = plane[i];
  }
  return image;
}

}  // namespace danas
