// Images that are looked at many times: decoded once and kept.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "danas/config/config.h"
#include "danas/train/loader.h"
#include "danas/data/subset.h"

namespace danas {

// The subset's images in its order, prepared as for a test, in as few batches of at most `most` as can be. They are of
// nearly one size, so that none has too few images for its statistics; on the device, in the run's precision and
// layout. Images that cannot be read are left out where the dataset lists them. Throws DataError as Loader,
// Interrupted.
std::vector<Batch> KeepImages(const Subset& subset, int64_t most, const Config& config, at::Device device,
                              int channels);

}  // namespace danas
