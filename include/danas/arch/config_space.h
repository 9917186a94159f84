// The search space that a config means: of its file, its input's size and its task.
#pragma once

#include "danas/arch/space_file.h"
#include "danas/config/config.h"

namespace danas {

// data.image_size x data.image_width, or the first for both.
Size InputSize(const DataConfig& data);

// `space` with as many outputs; 0: as many as its file says, or COCO's 17 key-points. For task keypoints with layers
// that enlarge and heat maps in place of its classifier (WithHeatMapHead), as keypoints.head says. Throws as
// LoadSpace() and WithHeatMapHead() do.
LoadedSpace LoadSpaceOf(const Config& config, int outputs = 0);

}  // namespace danas
