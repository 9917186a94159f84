// Pixel arithmetic of the augmentations, with the results of Pillow's 8-bit operations (Image.resize with BILINEAR,
// ImageEnhance, HSV), on which torchvision's transforms rest.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "danas/data/image.h"

namespace danas {

// An 8-bit picture as planes, one after the other: red, green and blue, or one alone of a grey picture.
struct Planes {
  int channels = 3;
  int height = 0;
  int width = 0;
  std::vector<uint8_t> values;

  size_t area() const { return static_cast<size_t>(height) * width; }
  uint8_t* plane(int channel) { return values.data() + channel * area(); }
  const uint8_t* plane(int channel) const { return values.data() + channel * area(); }
};

// A rectangle of a picture is resized to height x width pixels, and `window` is taken from the result. Where the window
// reaches outside, it is black.
struct Framing {
  Box source;
  int height = 0;
  int width = 0;
  Box window;
  bool mirror = false;  // the window's columns from right to left
  bool operator==(const Framing&) const = default;
};

// The part of the picture, or of the picture decoded at 1 / reduction of its size, that the window depends on.
Box SourceOf(const Framing& framing, int reduction = 1);

// By how much the picture may be decoded smaller, so that what is left to the resize still makes it smaller: 1, 2, 4
// or 8.
int ReductionOf(const Framing& framing);

// `part` holds exactly the pixels SourceOf(framing, part.reduction) of the picture. The resize is the antialiased
// triangle filter of Pillow to the bit: columns first, weights of 22 bits, 8 bits in between. Reduced pixels that lie
// partly within framing.source weigh as much as that part. With one channel it is a grey picture's.
Planes Frame(const Image& part, const Framing& framing, int channels = 3);

// A grey picture's has three equal values in each pixel.
Image ToImage(const Planes& planes);

// Pillow's convert("L"): luma, (19595 red + 38470 green + 7471 blue) / 65536, rounded, for all three colours.
void MakeGrey(Image& image);
// The luma of three numbers by the same weights.
double Luma(double red, double green, double blue);

// Factors as in torchvision's adjust_*: 1 leaves the picture as it is, 0 gives black, one grey, or a grey picture. One
// channel is what Pillow does with mode L: saturation and hue leave it as it is.
void AdjustBrightness(Planes& planes, float factor);
void AdjustContrast(Planes& planes, float factor);
void AdjustSaturation(Planes& planes, float factor);
// `turn` in [-0.5, 0.5] of the colour circle. Like Pillow's, HSV has 8 bits, so that even 0 changes colours a little.
void AdjustHue(Planes& planes, double turn);

// (value / 255 - mean) / std of each channel and 8-bit value.
using NormalizeTable = std::vector<std::array<float, 256>>;
NormalizeTable MakeNormalizeTable(const std::vector<double>& mean, const std::vector<double>& std);

// Looks every value up and writes it in channel-last order; `out_hwc` has channels * height * width elements.
void Normalize(const Planes& planes, const NormalizeTable& table, std::span<float> out_hwc);
// The same of a picture; of a grey one with a table of one channel.
void Normalize(const Image& image, const NormalizeTable& table, std::span<float> out_hwc);

}  // namespace danas
