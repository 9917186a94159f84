// Golden pictures (tests/golden/images.py) and the comparison with them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "danas/data/decode.h"
#include "danas/data/image.h"
#include "tests/support/test_support.h"

namespace danas::test {

inline constexpr int64_t kManyPixels = 1 << 28;

inline Image DecodeText(const std::string& bytes, const std::string& name, int64_t max_pixels = kManyPixels,
                        const ChooseBox& choose = WholeBox) {
  return DecodeImage({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, name, max_pixels, choose);
}

inline Image GoldenImage(const std::string& relative) {
  return DecodeText(ReadText(SourcePath("tests/golden/images/" + relative)), relative);
}

inline Image PartOf(const Image& image, const Box& box) {
  Image part = BlackImage(box.height, box.width);
  for (int y = 0; y < box.height; ++y) {
    const uint8_t* from = image.Row(box.top + y) + 3 * box.left;
    std::copy(from, from + 3 * box.width, part.Row(y));
  }
  return part;
}

// Of all values. Also fails where the sizes differ.
inline int GreatestDifference(const Image& image, const Image& golden) {
  EXPECT_EQ(image.height, golden.height);
  EXPECT_EQ(image.width, golden.width);
  if (image.rgb.size() != golden.rgb.size()) return 255;
  int greatest = 0;
  for (size_t i = 0; i < golden.rgb.size(); ++i) greatest = std::max(greatest, std::abs(image.rgb[i] - golden.rgb[i]));
  return greatest;
}

}  // namespace danas::test
