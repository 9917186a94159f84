// Each loop repeats Pillow's arithmetic step by step (Blend.c, Convert.c), in its mix of float and double, since a
// rounding that falls the other way moves an 8-bit hue by up to six levels of red, green or blue.
#include <algorithm>
#include <cmath>

#include "danas/data/pixels.h"
#include "src/data/clones.h"

namespace danas {
namespace {

constexpr int kRed = 19595, kGreen = 38470, kBlue = 7471;  // of 2^16, as Pillow's convert("L") weighs them

inline int Grey(int r, int g, int b) { return (r * kRed + g * kGreen + b * kBlue + 0x8000) >> 16; }

DANAS_CLONES void MakePixelsGrey(uint8_t* rgb, size_t count) {
  for (size_t i = 0; i < count; ++i, rgb += 3) {
    const auto grey = static_cast<uint8_t>(Grey(rgb[0], rgb[1], rgb[2]));
    rgb[0] = grey;
    rgb[1] = grey;
    rgb[2] = grey;
  }
}

// Image.blend: from `degenerate` (factor 0) to `value` (factor 1) and beyond, cut off, not rounded.
inline uint8_t Blend(int degenerate, int value, float factor) {
  const float mixed = static_cast<float>(degenerate) + factor * static_cast<float>(value - degenerate);
  return static_cast<uint8_t>(static_cast<int>(std::min(255.0F, std::max(0.0F, mixed))));
}

DANAS_CLONES void BlendWithConstant(uint8_t* values, size_t count, int degenerate, float factor) {
  for (size_t i = 0; i < count; ++i) values[i] = Blend(degenerate, values[i], factor);
}

DANAS_CLONES int64_t SumOfGrey(const uint8_t* r, const uint8_t* g, const uint8_t* b, size_t count) {
  int64_t total = 0;
  constexpr size_t kBlock = 4096;  // its sum fits into 32 bits, which vectorises better
  for (size_t start = 0; start < count; start += kBlock) {
    const size_t end = std::min(count, start + kBlock);
    int sum = 0;
    for (size_t i = start; i < end; ++i) sum += Grey(r[i], g[i], b[i]);
    total += sum;
  }
  return total;
}

DANAS_CLONES void BlendWithGrey(uint8_t* __restrict__ r, uint8_t* __restrict__ g, uint8_t* __restrict__ b, size_t count,
                                float factor) {
  for (size_t i = 0; i < count; ++i) {
    const int grey = Grey(r[i], g[i], b[i]);
    r[i] = Blend(grey, r[i], factor);
    g[i] = Blend(grey, g[i], factor);
    b[i] = Blend(grey, b[i], factor);
  }
}

constexpr size_t kBlock = 512;

// Pillow's rgb2hsv; hue and saturation only, in steps of 1/255.
DANAS_CLONES void HueAndSaturation(const uint8_t* __restrict__ r, const uint8_t* __restrict__ g,
                                   const uint8_t* __restrict__ b, int* __restrict__ hue, int* __restrict__ saturation,
                                   int* __restrict__ value, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const int red = r[i];
    const int green = g[i];
    const int blue = b[i];
    const int most = std::max(std::max(red, green), blue);
    const int least = std::min(std::min(red, green), blue);
    const auto range = static_cast<float>(std::max(1, most - least));
    const float rc = static_cast<float>(most - red) / range;
    const float gc = static_cast<float>(most - green) / range;
    const float bc = static_cast<float>(most - blue) / range;
    const auto from_green = static_cast<float>(2.0 + static_cast<double>(rc) - static_cast<double>(bc));
    const auto from_blue = static_cast<float>(4.0 + static_cast<double>(gc) - static_cast<double>(rc));
    const float sector = red == most ? bc - gc : (green == most ? from_green : from_blue);
    double turn = static_cast<double>(sector) / 6.0 + 1.0;
    turn = turn >= 1.0 ? turn - 1.0 : turn;
    const float share = static_cast<float>(most - least) / static_cast<float>(std::max(1, most));
    const auto steps = static_cast<int>(static_cast<double>(static_cast<float>(turn)) * 255.0);
    hue[i] = most == least ? 0 : steps;
    saturation[i] = static_cast<int>(static_cast<double>(share) * 255.0);
    value[i] = most;
  }
}

// Pillow's hsv2rgb after the shift of the hue.
DANAS_CLONES void FromHsv(const int* __restrict__ hue, const int* __restrict__ saturation,
                          const int* __restrict__ value, int shift, uint8_t* __restrict__ r, uint8_t* __restrict__ g,
                          uint8_t* __restrict__ b, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const int steps = (hue[i] + shift) & 255;
    const auto sector_position = static_cast<float>(static_cast<double>(steps * 6) / 255.0);
    int sector = static_cast<int>(sector_position);
    const double fraction = sector_position - static_cast<float>(sector);
    const double share = static_cast<float>(static_cast<double>(saturation[i]) / 255.0);
    const double v = value[i];
    const auto top = value[i];
    const auto p = static_cast<int>(v * (1.0 - share) + 0.5);
    const auto q = static_cast<int>(v * (1.0 - share * fraction) + 0.5);
    const auto t = static_cast<int>(v * (1.0 - share * (1.0 - fraction)) + 0.5);
    sector = sector == 6 ? 0 : sector;
    r[i] = static_cast<uint8_t>(sector == 0 || sector == 5 ? top : (sector == 1 ? q : (sector == 4 ? t : p)));
    g[i] = static_cast<uint8_t>(sector == 1 || sector == 2 ? top : (sector == 3 ? q : (sector == 0 ? t : p)));
    b[i] = static_cast<uint8_t>(sector == 3 || sector == 4 ? top : (sector == 5 ? q : (sector == 2 ? t : p)));
  }
}

}  // namespace

void MakeGrey(Image& image) { MakePixelsGrey(image.rgb.data(), image.rgb.size() / 3); }

double Luma(double red, double green, double blue) { return (kRed * red + kGreen * green + kBlue * blue) / (1 << 16); }

void AdjustBrightness(Planes& planes, float factor) {
  BlendWithConstant(planes.values.data(), planes.values.size(), 0, factor);
}

void AdjustContrast(Planes& planes, float factor) {
  // Equal colours are their own luma.
  const int green = planes.channels == 1 ? 0 : 1, blue = planes.channels == 1 ? 0 : 2;
  const int64_t sum = SumOfGrey(planes.plane(0), planes.plane(green), planes.plane(blue), planes.area());
  const double mean = static_cast<double>(sum) / static_cast<double>(planes.area());
  BlendWithConstant(planes.values.data(), planes.values.size(), static_cast<int>(mean + 0.5), factor);
}

void AdjustSaturation(Planes& planes, float factor) {
  if (planes.channels == 1) return;
  BlendWithGrey(planes.plane(0), planes.plane(1), planes.plane(2), planes.area(), factor);
}

void AdjustHue(Planes& planes, double turn) {
  if (planes.channels == 1) return;
  const int shift = static_cast<int>(turn * 255);  // towards zero, as numpy casts
  std::array<int, kBlock> hue;
  std::array<int, kBlock> saturation;
  std::array<int, kBlock> value;
  for (size_t start = 0; start < planes.area(); start += kBlock) {
    const size_t count = std::min(kBlock, planes.area() - start);
    uint8_t* r = planes.plane(0) + start;
    uint8_t* g = planes.plane(1) + start;
    uint8_t* b = planes.plane(2) + start;
    HueAndSaturation(r, g, b, hue.data(), saturation.data(), value.data(), count);
    FromHsv(hue.data(), saturation.data(), value.data(), shift, r, g, b, count);
  }
}

NormalizeTable MakeNormalizeTable(const std::vector<double>& mean, const std::vector<double>& std) {
  NormalizeTable table(mean.size());
  for (size_t c = 0; c < table.size(); ++c) {
    for (size_t v = 0; v < 256; ++v) {
      table[c][v] = (static_cast<float>(v) / 255.0F - static_cast<float>(mean[c])) / static_cast<float>(std[c]);
    }
  }
  return table;
}

void Normalize(const Planes& planes, const NormalizeTable& table, std::span<float> out_hwc) {
  if (planes.channels == 1) {
    std::ranges::transform(planes.values, out_hwc.begin(), [&](uint8_t value) { return table[0][value]; });
    return;
  }
  const uint8_t* r = planes.plane(0);
  const uint8_t* g = planes.plane(1);
  const uint8_t* b = planes.plane(2);
  float* out = out_hwc.data();
  for (size_t i = 0; i < planes.area(); ++i, out += 3) {
    out[0] = table[0][r[i]];
    out[1] = table[1][g[i]];
    out[2] = table[2][b[i]];
  }
}

void Normalize(const Image& image, const NormalizeTable& table, std::span<float> out_hwc) {
  const uint8_t* rgb = image.rgb.data();
  float* out = out_hwc.data();
  for (const uint8_t* end = rgb + image.rgb.size(); rgb != end; rgb += 3) {
    for (size_t c = 0; c < table.size(); ++c) *out++ = table[c][rgb[c]];
  }
}

}  // namespace danas
