// The σ of each key-point in OKS: the config's, or COCO's for COCO's 17.
#pragma once

#include <vector>

#include "danas/config/keypoints_config.h"
#include "danas/data/persons.h"

namespace danas {

// Throws ConfigError: σ of another length than the layout's names, one that is not above 0, none for a layout that is
// not COCO's.
std::vector<double> SigmasOf(const KeypointsConfig& config, const KeypointLayout& layout);

}  // namespace danas
