// A decoded picture, and a rectangle of one.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace danas {

// An 8-bit RGB picture, rows from top to bottom, three bytes a pixel.
struct Image {
  int height = 0;
  int width = 0;
  std::vector<uint8_t> rgb;
  int reduction = 1;  // a pixel is so many of the file's high and wide

  const uint8_t* Row(int y) const { return rgb.data() + static_cast<size_t>(y) * width * 3; }
  uint8_t* Row(int y) { return rgb.data() + static_cast<size_t>(y) * width * 3; }
  bool operator==(const Image&) const = default;
};

inline Image BlackImage(int height, int width) {
  return {.height = height, .width = width, .rgb = std::vector<uint8_t>(static_cast<size_t>(height) * width * 3)};
}

// Pixels [top, top + height) x [left, left + width) of a picture.
struct Box {
  int top = 0;
  int left = 0;
  int height = 0;
  int width = 0;
  bool operator==(const Box&) const = default;
};

// What is needed of a picture. Where `reduction` is above 1 (2, 4 or 8), a JPEG is decoded to pixels that are means of
// reduction x reduction of the file's, as far as the low frequencies give them, and of these `reduced` is returned; any
// other file returns the box, with Image::reduction 1.
struct Part : Box {
  Part(const Box& box) : Box(box) {}  // NOLINT(google-explicit-constructor): a box is a part
  Part(const Box& box, int by, const Box& smaller) : Box(box), reduction(by), reduced(smaller) {}

  int reduction = 1;
  Box reduced;  // within ceil(height / reduction) x ceil(width / reduction) pixels
};

// Says which part of a picture is needed, once its size is known and before its pixels are decoded. The answer lies
// within the picture and is not empty.
using ChooseBox = std::function<Part(int height, int width)>;

inline Box WholeBox(int height, int width) { return {.top = 0, .left = 0, .height = height, .width = width}; }

}  // namespace danas
