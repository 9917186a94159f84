// What the key-points of a dataset mean: which change places in a mirror image, which belong to the upper body, what
// each weighs in the loss. COCO's 17 are known by their names (cocodataset.org); of others the config says it.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "danas/config/keypoints_config.h"
#include "danas/data/persons.h"

namespace danas {

struct KeypointScheme {
  std::vector<std::array<int, 2>> flip_pairs;  // positions in the layout; a key-point in no pair stays what it is
  std::vector<bool> upper_body;                // of each key-point; none of them: the layout has no such part
  std::vector<double> weights;                 // of each key-point in the loss
};

// Nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles; left before right.
const std::vector<std::string>& CocoKeypointNames();
bool IsCoco(const KeypointLayout& layout);
// Pairs of positions in CocoKeypointNames() that a line joins, as COCO's annotations have them.
const std::vector<std::array<int, 2>>& CocoSkeleton();

// Throws ConfigError, which names the key: the names are not those of the layout, a name is none of the layout's or
// stands twice, the names of pairs are of an odd number, weights are of another length. A layout that is not COCO's and
// has no pairs in the config is an error where frames are mirrored, in training or in testing, and one without an upper
// body where half-body frames are drawn.
KeypointScheme SchemeOf(const KeypointsConfig& config, const KeypointLayout& layout);

}  // namespace danas
