#include "danas/tasks/keypoints/sigmas.h"

#include "danas/core/error.h"
#include "danas/data/keypoint_scheme.h"
#include "danas/tasks/keypoints/oks.h"

namespace danas {

std::vector<double> SigmasOf(const KeypointsConfig& config, const KeypointLayout& layout) {
  if (!config.sigmas.empty()) {
    RequireSigmas(config.sigmas, layout, "keypoints.sigmas");
    return config.sigmas;
  }
  if (IsCoco(layout)) return CocoPersonSigmas();
  throw ConfigError("keypoints.sigmas: needed, since the key-points of category '" + layout.category +
                    "' are not COCO's 17; give one σ for each of " + std::to_string(layout.names.size()));
}

}  // namespace danas
