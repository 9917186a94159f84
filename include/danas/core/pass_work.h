// What a pass computes, in forward passes: by these factors plans, progress and the time left count alike.
#pragma once

#include <cstdint>

namespace danas {

inline constexpr double kTrainingPassWork = 3;      // forward, and backward to activations and to weights
inline constexpr double kArchitecturePassWork = 2;  // forward, and backward to activations alone

// Multiply-accumulates of a pass over so many images; `macs_per_image`: of a forward pass.
constexpr double WeightPassWork(double macs_per_image, int64_t images) {
  return kTrainingPassWork * macs_per_image * static_cast<double>(images);
}
constexpr double ArchitecturePassWork(double macs_per_image, int64_t images) {
  return kArchitecturePassWork * macs_per_image * static_cast<double>(images);
}

// What the epochs of a search's phase are made of.
struct EpochWork {
  double macs_per_image = 0;  // of a weight step's forward passes
  int64_t weight_images = 0;
  double alpha_macs_per_image = 0;  // of an α step's
  int64_t architecture_images = 0;  // that α steps see, of one budget
  int64_t alpha_passes = 0;
};

constexpr double WorkOfEpoch(const EpochWork& epoch) {
  return WeightPassWork(epoch.macs_per_image, epoch.weight_images) +
         ArchitecturePassWork(epoch.alpha_macs_per_image, epoch.alpha_passes * epoch.architecture_images);
}

}  // namespace danas
