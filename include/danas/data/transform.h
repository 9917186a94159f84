// Decoding and augmentation with torchvision's semantics. Every random number of an image comes from
// (seed, epoch, image), so neither order nor threads change a pixel.
#pragma once

#include <cstdint>
#include <span>

#include "danas/config/data_config.h"
#include "danas/data/dataset_index.h"

namespace danas {

enum class ImageUse { kTrain, kTest };

class Transform {
 public:
  Transform(const DataConfig& config, ImageUse use, int64_t seed);

  // Writes the normalised picture, 3 x image_size x image_size floats, in channel-last order (HWC) to `out_hwc`.
  // `epoch` and `image` (position in the dataset) choose the random draws of training.
  void Apply(const Image& image, int64_t epoch, int64_t position, std::span<float> out_hwc) const;

  // Shorter for tests and viewers: the picture before normalisation.
  Image Augment(const Image& image, int64_t epoch, int64_t position) const;

  int64_t image_size() const { return config_.image_size; }

 private:
  DataConfig config_;
  ImageUse use_;
  int64_t seed_;
};

}  // namespace danas
