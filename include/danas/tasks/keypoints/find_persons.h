// Persons as a network finds them in the boxes of a set, and how good they are: what `danas evaluate` does for
// key-points. SimpleBaseline (Xiao et al., ECCV 2018: lib/core/function.py, lib/dataset/coco.py).
#pragma once

#include <vector>

#include "danas/config/config.h"
#include "danas/tasks/keypoints/average_precision.h"
#include "danas/train/task.h"

namespace danas {

struct PersonsFound {
  EvaluationResult result;
  std::vector<FoundPerson> all;   // of every box, in the loader's order
  std::vector<int64_t> boxes;     // of each of `all`: its sample, a position in the dataset
  std::vector<FoundPerson> kept;  // without doubles (OKS-NMS): what COCO's numbers are of
};

// One pass over the loader, of whose dataset every sample is a box; as Task::Test(). With keypoints.test.flip maps are
// means over an image and its mirror image, and so is the loss of them. Throws ConfigError where the config's σ do not
// fit the key-points.
PersonsFound FindPersons(torch::nn::Module& network, const Forward& forward, Loader& loader,
                         const EvaluationOptions& options, const KeypointsConfig& config);

}  // namespace danas
