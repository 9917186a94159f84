// What the targets of both kinds of manifest do.
#pragma once

#include <algorithm>

#include "danas/data/dataset_index.h"
#include "fuzz.h"

namespace danas::fuzz {

// `name` ends with the kind. Three of the images that it may name are there; one is no picture.
inline void ReadManifest(const std::string& name, std::string_view bytes) {
  static const Folder folder;
  static const bool has_images = [] {
    folder.Write("a.ppm", "P6 1 1 255\nRGB");
    folder.Write("b/c.ppm", "P6 2 1 255\nRGBRGB");
    folder.Write("text.png", "no picture");
    return true;
  }();
  Require(has_images, "there are images");
  DataConfig config;
  config.train = folder.Write(name, bytes);
  for (const OnBadImage on_error : {OnBadImage::kStop, OnBadImage::kSkip}) {
    config.on_error = on_error;
    DatasetIndex index;
    if (!Accepts([&] { index = OpenTrainingSet(config); })) continue;
    Require(index.size() > 0 && index.labels.back() < static_cast<int>(index.classes.ids.size()),
            "an image's label is that of a class");
    for (int64_t i = 0; i < std::min<int64_t>(index.size(), 4); ++i) {
      Accepts([&] { index.images->Load(i); });
    }
  }
}

}  // namespace danas::fuzz
