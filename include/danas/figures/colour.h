// Colours that people with any kind of colour vision can distinguish, and that print: lightness falls or rises evenly
// along every scale. Computed in OKLCh (Ottosson, "A perceptual color space for image processing", 2020).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace danas {

struct Rgb {
  uint8_t red = 0;
  uint8_t green = 0;
  uint8_t blue = 0;
  bool operator==(const Rgb&) const = default;
};

// From pale yellow over green and blue to dark violet, for values from 0 to 1.
Rgb Sequential(double value);

// From blue over white to brown, for values from -1 to 1.
Rgb Diverging(double value);

// The same for dark backgrounds: what is least is nearest to the background.
Rgb SequentialOnDark(double value);
Rgb DivergingOnDark(double value);

// "#a1b2c3"
std::string HexColour(Rgb colour);

// 0 black to 1 white: whether text on it should be dark.
double Lightness(Rgb colour);

// For lines and groups (Okabe & Ito, "Color universal design", 2008).
inline constexpr std::array kCategories = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"};
// The same on a dark page, in their order.
inline constexpr std::array kCategoriesOnDark = {"#4a9fe0", "#ff8a3d", "#35c99a", "#e39cc4", "#f7d774", "#b5dff7"};

// A PNG of one palette index a pixel, rows from top to bottom. Throws std::invalid_argument for other sizes.
std::string EncodePng(size_t width, size_t height, const std::vector<uint8_t>& indices,
                      const std::vector<Rgb>& palette);

}  // namespace danas
