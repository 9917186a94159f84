// Pictures of a test with the skeletons that a network found and the persons' scores: what `danas evaluate --draw` and
// a training's end leave.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "danas/config/keypoints_config.h"
#include "danas/data/dataset_index.h"
#include "danas/tasks/keypoints/average_precision.h"
#include "danas/train/evaluate.h"

namespace danas {

// The first `count` pictures of the set in which somebody was found. A picture whose longer side is above `most_pixels`
// is made smaller; 0: none is. Throws ConfigError where the config's pairs do not fit the key-points.
std::vector<TestPicture> PicturesOf(const std::vector<FoundPerson>& persons, std::shared_ptr<const DatasetIndex> set,
                                    const KeypointsConfig& config, int64_t count, int most_pixels = 0);

}  // namespace danas
