// Colours are told apart with any kind of colour vision: distances in CIELAB, as each of three kinds of dichromats sees
// them (Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency",
// 2009, at full severity).
#include "danas/figures/colour.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "src/figures/block_look.h"

namespace danas {
namespace {

using Three = std::array<double, 3>;
using Matrix = std::array<Three, 3>;

const std::map<std::string, Matrix> kVisions = {
    {"trichromat", {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}},
    {"protanope",
     {{{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}}},
    {"deuteranope",
     {{{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}}},
    {"tritanope",
     {{{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}}}}};

Three Times(const Matrix& matrix, const Three& vector) {
  Three result{};
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) result[i] += matrix[i][j] * vector[j];
  }
  return result;
}

Three LinearOf(const std::string& hex) {
  Three linear{};
  for (size_t i = 0; i < 3; ++i) {
    const double value = std::stoi(hex.substr(1 + 2 * i, 2), nullptr, 16) / 255.0;
    linear[i] = value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
  }
  return linear;
}

// IEC 61966-2-1 to CIE 1976 L*a*b* under D65.
Three LabOf(Three linear) {
  for (double& part : linear) part = std::clamp(part, 0.0, 1.0);
  const Matrix to_xyz = {
      {{0.4124564, 0.3575761, 0.1804375}, {0.2126729, 0.7151522, 0.0721750}, {0.0193339, 0.1191920, 0.9503041}}};
  const Three white = {0.95047, 1, 1.08883};
  Three f = Times(to_xyz, linear);
  for (size_t i = 0; i < 3; ++i) {
    const double t = f[i] / white[i];
    f[i] = t > 216.0 / 24389 ? std::cbrt(t) : (24389.0 / 27 * t + 16) / 116;
  }
  return {116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])};
}

double Distance(const std::string& a, const std::string& b, const Matrix& vision) {
  const Three x = LabOf(Times(vision, LinearOf(a))), y = LabOf(Times(vision, LinearOf(b)));
  return std::hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]);
}

void ExpectToldApart(const std::vector<std::string>& colours, double least) {
  for (const auto& [who, vision] : kVisions) {
    for (size_t i = 0; i < colours.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        EXPECT_GE(Distance(colours[i], colours[j], vision), least) << colours[i] << ", " << colours[j] << ", " << who;
      }
    }
  }
}

TEST(Colour, DistancesAreTheKnownOnes) {
  const Matrix& plain = kVisions.at("trichromat");
  EXPECT_NEAR(Distance("#000000", "#ffffff", plain), 100, 0.01);
  EXPECT_NEAR(Distance("#ff0000", "#00ff00", plain), 170.6, 0.1);
  // Red and a dark yellow of the same lightness: one colour to a deuteranope.
  EXPECT_LT(Distance("#d03030", "#8a7a30", kVisions.at("deuteranope")), Distance("#d03030", "#8a7a30", plain) / 3);
}

TEST(Colour, KindsOfBlocksAreToldApart) {
  const std::vector<std::string> fills = BlockFills();
  EXPECT_EQ(fills.size(), 15u);  // of twelve shipped kinds and three of users'
  ExpectToldApart(fills, 10);
}

TEST(Colour, CurvesAreToldApart) {
  ExpectToldApart({kCategories.begin(), kCategories.end()}, 15);
  ExpectToldApart({kCategoriesOnDark.begin(), kCategoriesOnDark.end()}, 15);
}

// Contrast as WCAG 2 counts it; 4.5 is what it wants of small text.
TEST(Colour, TextOnABlockCanBeRead) {
  const auto luminance = [](const std::string& colour) {
    const Three linear = LinearOf(colour);
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  for (const std::string& fill : BlockFills()) {
    EXPECT_GE((luminance(fill) + 0.05) / (luminance(kOnFill) + 0.05), 4.5) << fill;
  }
}

}  // namespace
}  // namespace danas
