// Small datasets of real picture files, and what packing them must leave as it was.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "danas/data/dataset_index.h"
#include "danas/data/pack.h"
#include "tests/support/test_support.h"

namespace danas::test {

inline std::string GoldenFile(const std::string& relative) {
  return ReadText(SourcePath("tests/golden/images/" + relative));
}

// Three classes of pictures from 1 x 1 to 113 x 150 pixels, of many kinds.
inline void WritePictures(const std::filesystem::path& root) {
  const std::pair<const char*, const char*> files[] = {
      {"b/1.jpg", "decode/rgb_420.jpg"},      {"b/2.png", "picture.png"},
      {"b/deep/3.JPEG", "decode/cmyk.jpg"},   {"B/grey.jpg", "decode/grey.jpg"},
      {"B/wrong.jpg", "decode/alpha.png"},    {"B/gif.gif", "decode/animated.gif"},
      {"a, c/one.png", "decode/one.png"},     {"a, c/w.webp", "decode/lossy.webp"},
      {"a, c/16.png", "decode/colour16.png"}, {"a, c/turned.jpg", "decode/exif_turned.jpg"}};
  for (const auto& [name, golden] : files) WriteText(root / name, GoldenFile(golden));
}

inline DatasetIndex OpenTrain(const std::filesystem::path& path, OnBadImage on_error = OnBadImage::kStop) {
  DataConfig config;
  config.train = path.string();
  config.on_error = on_error;
  config.most_bad = 1;
  return OpenTrainingSet(config);
}

inline PackOutcome Pack(
    const DatasetIndex& source, const std::filesystem::path& folder, const PackOptions& options,
    const std::function<void(int64_t)>& progress = [](int64_t) {}) {
  return PackDataset(source, folder, options, progress);
}

// A set in memory that no file system knows: picture i has 64 x 48 pixels, of which no two are equal, and nothing of it
// can be packed small.
class NoiseSource : public ImageSource {
 public:
  Image LoadPart(int64_t index, const ChooseBox& choose) const override {
    const Box box = choose(64, 48);
    Image image = BlackImage(box.height, box.width);
    uint32_t word = static_cast<uint32_t>(index) * 2654435761U + 1;
    for (uint8_t& value : image.rgb) {
      word = word * 1664525U + 1013904223U;
      value = static_cast<uint8_t>(word >> 24);
    }
    return image;
  }
  std::string Name(int64_t index) const override { return "noise " + std::to_string(index); }
};

inline DatasetIndex NoiseDataset(int64_t images) {
  DatasetIndex dataset;
  dataset.name = "noise";
  dataset.format = DataFormat::kIdx;
  dataset.classes.ids = dataset.classes.labels = {"even", "odd"};
  for (int64_t i = 0; i < images; ++i) dataset.labels.push_back(static_cast<int>(i % 2));
  dataset.images = std::make_shared<NoiseSource>();
  dataset.fingerprint = 7;
  return dataset;
}

}  // namespace danas::test
