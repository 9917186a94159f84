// From a sample of a dataset to what a network sees of it in an epoch. Each kind of task has its own: Transform for
// classes (data/transform.h), PersonTransform for key-points (data/person_transform.h).
#pragma once

#include <cstdint>
#include <span>

#include "danas/data/dataset_index.h"

namespace danas {

struct FrameShape {
  int64_t height = 0;
  int64_t width = 0;
  int64_t channels = 3;
  int64_t floats() const { return height * width * channels; }
  bool operator==(const FrameShape&) const = default;
};

// Safe to call from several threads at once. What is drawn depends on (seed, epoch, position) alone.
class FrameMaker {
 public:
  virtual ~FrameMaker() = default;

  virtual FrameShape shape() const = 0;
  // Floats that say of a sample what a network is to find, beside its class: of key-points three each.
  virtual int64_t truth_floats() const { return 0; }
  // Sample `position` of the dataset in this epoch, augmented and normalised, in channel-last order (HWC), and its
  // truth. Throws DataError where its image cannot be read.
  virtual void Make(const DatasetIndex& dataset, int64_t epoch, int64_t position, std::span<float> out_hwc,
                    std::span<float> truth) const = 0;
};

}  // namespace danas
