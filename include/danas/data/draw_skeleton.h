// A person's key-points drawn on its picture: what `danas evaluate --draw` writes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "danas/data/image.h"
#include "danas/data/persons.h"

namespace danas {

// In pixels of the picture, possibly beside it.
struct DrawnKeypoint {
  double x = 0;
  double y = 0;
  double confidence = 0;
};

// Lines of the layout's skeleton and a dot for each key-point, the wider the greater the confidence (1 and above: the
// widest), in proportion to the person; those not above `threshold`, and lines to them, are left out. Colours that are
// told apart without colour vision (Okabe & Ito, "Color universal design", 2008), edged in black: blue for the first
// key-points of the flip pairs (the left), vermilion for the second, yellow for the rest and for lines across.
void DrawSkeleton(const KeypointLayout& layout, std::span<const std::array<int, 2>> flip_pairs,
                  std::span<const DrawnKeypoint> keypoints, double threshold, Image& picture);

// The box's edge, and `text` (ASCII) on it.
void DrawBox(const PersonBox& box, const std::string& text, Image& picture);

// The picture at `scale`, below 1, as means over areas; at least a pixel high and wide.
Image ShrunkBy(double scale, const Image& picture);

// As a JPEG file of quality 90. Throws DataError for more than 65,500 pixels a side.
std::vector<uint8_t> JpegBytes(const Image& picture);

}  // namespace danas
