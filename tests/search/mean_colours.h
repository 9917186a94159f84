// Images whose class is a mean colour under noise: what most tests of searches learn.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "tests/search/search_support.h"

namespace danas::test {

inline void DrawMeanColour(int label, RandomStream& random, Image& image) {
  for (size_t at = 0; at < image.rgb.size(); ++at) {
    const double mean = static_cast<int>(at % 3) == label % 3 ? 150 + 20 * (label / 3) : 110;
    image.rgb[at] = static_cast<uint8_t>(std::clamp(mean + 30 * random.Normal(), 0.0, 255.0));
  }
}

// Four classes of 16x16 pictures.
inline std::shared_ptr<const DatasetIndex> MeanColours(int per_class = 40) {
  return MakeDataset(4, per_class, 16, 1, DrawMeanColour);
}

}  // namespace danas::test
