// Where in a picture a person's frame lies, and the picture warped to it. The numbers are those of SimpleBaseline (Xiao
// et al., ECCV 2018: lib/utils/transforms.py, lib/dataset/coco.py), which rounds centre, size and the three points of
// the map to float32, and warps with OpenCV: 8-bit colours, bilinear, black outside.
#pragma once

#include <array>

#include "danas/data/image.h"
#include "danas/data/persons.h"

namespace danas {

struct PixelSize {
  int height = 0;
  int width = 0;
};

struct Point {
  double x = 0;
  double y = 0;
};

// (x, y) -> (m[0] x + m[1] y + m[2], m[3] x + m[4] y + m[5]).
struct Affine {
  std::array<double, 6> m = {1, 0, 0, 0, 1, 0};
  Point operator()(Point at) const { return {m[0] * at.x + m[1] * at.y + m[2], m[3] * at.x + m[4] * at.y + m[5]}; }
};

// A rectangle of the picture. Its scale is in units of 200 pixels.
struct PersonView {
  float centre_x = 0;
  float centre_y = 0;
  float scale_x = 0;
  float scale_y = 0;
  bool operator==(const PersonView&) const = default;
};

// The box, made higher or wider around its centre until width / height is `aspect`, then `padding` times as large.
PersonView ViewOfBox(const PersonBox& box, double aspect, double padding);

// The box within a picture of this size, as SimpleBaseline clips true boxes: its last pixel is column left + width, row
// top + height. Of a box outside of the picture width or height are negative.
PersonBox ClipToPicture(const PersonBox& box, const PixelSize& picture);

// From the picture to a frame, or to a map of one, on which the view is turned by `rotation` degrees
// (anticlockwise) around its centre; and back. The frame's height follows from the view's width: aspects should agree.
Affine ToFrame(const PersonView& view, double rotation, const PixelSize& frame);
Affine FromFrame(const PersonView& view, double rotation, const PixelSize& frame);

// The pixels of a picture that a frame depends on; at least one.
Box SourceOf(const Affine& to_frame, const PixelSize& frame, const PixelSize& picture);

// `part` holds the pixels of `box` of a picture, among them all that SourceOf() says. The same bits as of the whole.
// The picture and the frame have at most 32,766 pixels a side.
Image WarpAffine(const Image& part, const Box& box, const PixelSize& picture, const Affine& to_frame,
                 const PixelSize& frame);

// Columns from right to left.
Image Mirrored(const Image& image);

}  // namespace danas
