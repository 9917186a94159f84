// Augmentation with torchvision's semantics (RandomResizedCrop, Resize, CenterCrop, RandomCrop, RandomHorizontalFlip,
// ColorJitter, Normalize). Every random number of an image comes from the stream "augment" of (seed, epoch, image), so
// neither order nor threads change a pixel.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "danas/config/data_config.h"
#include "danas/data/dataset_index.h"
#include "danas/data/frame_maker.h"
#include "danas/data/pixels.h"

namespace danas {

enum class ImageUse { kTrain, kTest };

// ColorJitter's draws: its four steps in the order drawn; a step whose range is zero is left out.
struct ColourJitter {
  std::array<int, 4> order = {0, 1, 2, 3};  // 0 brightness, 1 contrast, 2 saturation, 3 hue
  std::optional<double> brightness;
  std::optional<double> contrast;
  std::optional<double> saturation;
  std::optional<double> hue;
};

void ApplyColourJitter(const ColourJitter& jitter, Planes& planes);

// All that is drawn for one image in one epoch.
struct Augmentation {
  Framing framing;
  ColourJitter jitter;
};

class RandomStream;

// RandomResizedCrop.get_params: area and ratio drawn up to ten times until the crop fits; else the largest centred crop
// within the ratios.
Box DrawResizedCrop(const AugmentConfig& config, int height, int width, RandomStream& stream);

// The shorter side to `resize` pixels, then the centre `size` x `size` of it (black outside, where it is smaller).
Framing CentreCrop(int height, int width, int resize, int size);

// One number for each channel of a network's images from data.mean or data.std, as Transform takes it. Throws
// ConfigError, which names `key`, for a list that is neither of 3 nor of 1.
std::vector<double> PerChannel(const std::vector<double>& list, int channels, const char* key);

class Transform : public FrameMaker {
 public:
  // `channels`: of the network's images, 3 or 1. With one, a picture is turned to grey as it is loaded, and three means
  // or deviations become one by their luma; one of either holds for all channels. Throws ConfigError for lists of the
  // wrong length (mean, std, scale, ratio) or the wrong order (scale, ratio).
  Transform(const DataConfig& config, ImageUse use, int64_t seed, int channels = 3);

  // The draws for a picture of this size; `position` is the image's place in its dataset.
  Augmentation Draw(int height, int width, int64_t epoch, int64_t position) const;

  // Loads image `position` (of a JPEG only the part that is needed) and writes it, augmented and normalised, as
  // channels x image_size x image_size floats in channel-last order (HWC). Throws DataError from loading, and for a
  // picture that is too small for the pad crop.
  void Apply(const ImageSource& images, int64_t epoch, int64_t position, std::span<float> out_hwc) const;

  // The picture before normalisation, for tests and viewers.
  Image Augment(const ImageSource& images, int64_t epoch, int64_t position) const;

  FrameShape shape() const override {
    return {.height = config_.image_size, .width = config_.image_size, .channels = channels_};
  }
  void Make(const DatasetIndex& dataset, int64_t epoch, int64_t position, std::span<float> out_hwc,
            std::span<float> /*truth*/) const override {
    Apply(*dataset.images, epoch, position, out_hwc);
  }

 private:
  Planes Prepare(const ImageSource& images, int64_t epoch, int64_t position) const;

  DataConfig config_;
  ImageUse use_;
  int64_t seed_;
  int channels_;
  NormalizeTable normalize_;
};

}  // namespace danas
