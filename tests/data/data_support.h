// Small datasets in memory: pictures whose colours tell their number, and grey ones.
#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include "danas/core/error.h"
#include "danas/core/random.h"
#include "danas/data/dataset_index.h"

namespace danas::test {

class ColourSource : public ImageSource {
 public:
  explicit ColourSource(int64_t broken) : broken_(broken) {}

  Image LoadPart(int64_t index, const ChooseBox& choose) const override {
    if (index == broken_) throw DataError(Name(index) + ": cannot be decoded");
    constexpr int kSide = 12;
    const Box box = choose(kSide, kSide);
    Image part = BlackImage(box.height, box.width);
    for (int y = 0; y < box.height; ++y) {
      for (int x = 0; x < box.width; ++x) {
        uint8_t* pixel = part.Row(y) + 3 * x;
        pixel[0] = static_cast<uint8_t>(index);
        pixel[1] = static_cast<uint8_t>(20 * (box.top + y));
        pixel[2] = static_cast<uint8_t>(20 * (box.left + x));
      }
    }
    return part;
  }
  std::string Name(int64_t index) const override { return "picture " + std::to_string(index); }

 private:
  int64_t broken_;
};

// Grey noise of 15 x 11 pixels.
class GreySource : public ImageSource {
 public:
  Image LoadPart(int64_t index, const ChooseBox& choose) const override {
    constexpr int kHeight = 15, kWidth = 11;
    const Box box = choose(kHeight, kWidth);
    Image part = BlackImage(box.height, box.width);
    for (int y = 0; y < box.height; ++y) {
      for (int x = 0; x < box.width; ++x) {
        const auto at = static_cast<uint64_t>((box.top + y) * kWidth + box.left + x);
        const auto value = RandomStream(static_cast<uint64_t>(index), "grey", {at}).UniformInt(256);
        std::fill_n(part.Row(y) + 3 * x, 3, static_cast<uint8_t>(value));
      }
    }
    return part;
  }
  std::string Name(int64_t index) const override { return "grey picture " + std::to_string(index); }
};

// Image i has label i % classes. `broken`: the one that cannot be decoded, -1 for none.
inline std::shared_ptr<const DatasetIndex> ColourDataset(int64_t images, int classes, int64_t broken = -1) {
  auto dataset = std::make_shared<DatasetIndex>();
  dataset->name = "colours";
  for (int c = 0; c < classes; ++c) dataset->classes.ids.push_back("class" + std::to_string(c));
  dataset->classes.labels = dataset->classes.ids;
  for (int64_t i = 0; i < images; ++i) dataset->labels.push_back(static_cast<int>(i % classes));
  dataset->images = std::make_shared<ColourSource>(broken);
  return dataset;
}

inline DataConfig SmallImages() {
  DataConfig config;
  config.image_size = 8;
  config.test_resize = 10;
  return config;
}

}  // namespace danas::test
