#include "danas/figures/colour.h"

#include <png.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace danas {
namespace {

struct LinearRgb {
  double red = 0, green = 0, blue = 0;
  bool InGamut() const { return std::min({red, green, blue}) >= 0 && std::max({red, green, blue}) <= 1; }
};

// The matrices are the cited article's.
LinearRgb FromOklch(double lightness, double chroma, double hue_degrees) {
  const double hue = hue_degrees * std::numbers::pi / 180;
  const double a = chroma * std::cos(hue), b = chroma * std::sin(hue);
  const double l = std::pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3);
  const double m = std::pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3);
  const double s = std::pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3);
  return {4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
          -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
          -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s};
}

uint8_t Encode(double linear) {
  const double clipped = std::clamp(linear, 0.0, 1.0);
  const double encoded = clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * std::pow(clipped, 1 / 2.4) - 0.055;
  return static_cast<uint8_t>(std::lround(255 * encoded));
}

// Of this lightness and hue, as colourful as a screen can, up to `chroma`.
Rgb Colour(double lightness, double chroma, double hue_degrees) {
  LinearRgb colour = FromOklch(lightness, chroma, hue_degrees);
  while (!colour.InGamut() && chroma > 0) {
    chroma = std::max(0.0, chroma - 0.002);
    colour = FromOklch(lightness, chroma, hue_degrees);
  }
  return {Encode(colour.red), Encode(colour.green), Encode(colour.blue)};
}

}  // namespace

Rgb Sequential(double value) {
  const double t = std::clamp(value, 0.0, 1.0);
  return Colour(0.985 - 0.735 * t, 0.03 + 0.13 * std::sqrt(t) - 0.03 * t, 100 + 200 * t);
}

Rgb Diverging(double value) {
  const double t = std::clamp(std::abs(value), 0.0, 1.0);
  return value < 0 ? Colour(0.985 - 0.585 * t, 0.15 * t, 255) : Colour(0.985 - 0.585 * t, 0.15 * t, 50);
}

Rgb SequentialOnDark(double value) {
  const double t = std::clamp(value, 0.0, 1.0);
  return Colour(0.26 + 0.69 * t, 0.05 + 0.11 * std::sqrt(t) - 0.04 * t, 300 - 200 * t);
}

Rgb DivergingOnDark(double value) {
  const double t = std::clamp(std::abs(value), 0.0, 1.0);
  return Colour(0.27 + 0.5 * t, 0.15 * t, value < 0 ? 255 : 50);
}

std::string HexColour(Rgb colour) {
  std::string text = "#";
  for (const uint8_t part : {colour.red, colour.green, colour.blue}) {
    text += "0123456789abcdef"[part >> 4];
    text += "0123456789abcdef"[part & 15];
  }
  return text;
}

double Lightness(Rgb colour) { return (0.299 * colour.red + 0.587 * colour.green + 0.114 * colour.blue) / 255; }

std::string EncodePng(size_t width, size_t height, const std::vector<uint8_t>& indices,
                      const std::vector<Rgb>& palette) {
  if (width == 0 || height == 0 || indices.size() != width * height || palette.empty() || palette.size() > 256) {
    throw std::invalid_argument("a picture of no size, or whose pixels or colours do not fit it");
  }
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = PNG_FORMAT_RGB_COLORMAP;
  image.colormap_entries = static_cast<png_uint_32>(palette.size());
  std::vector<uint8_t> colours;
  for (const Rgb& colour : palette) colours.insert(colours.end(), {colour.red, colour.green, colour.blue});

  std::string png(PNG_IMAGE_PNG_SIZE_MAX(image), '\0');
  png_alloc_size_t size = png.size();
  const png_int_32 rows_are_packed = 0;
  if (png_image_write_to_memory(&image, png.data(), &size, 0, indices.data(), rows_are_packed, colours.data()) == 0) {
    throw std::runtime_error(std::string("libpng: ") + image.message);
  }
  png.resize(size);
  return png;
}

}  // namespace danas
