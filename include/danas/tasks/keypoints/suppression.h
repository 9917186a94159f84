// The last two steps from boxes to persons: scores of what was found, and suppression of what was found twice.
// Source: SimpleBaseline's evaluate() and oks_nms() (Xiao et al., ECCV 2018).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "danas/tasks/keypoints/average_precision.h"

namespace danas {

// The box's score times the mean score of the key-points above `least`; 0 where none is above.
double PersonScore(double box_score, std::span<const FoundKeypoint> keypoints, double least = 0.2);

// How alike two found persons are: KeypointSimilarity() over all key-points, with the mean of their box_area for the
// area.
double FoundSimilarity(const FoundPerson& one, const FoundPerson& other, std::span<const double> sigmas);

// Positions of those that stay, by falling score and with equal scores in the order given: each but those that are more
// alike than `threshold` to one that stays. All of one image.
std::vector<int64_t> SuppressDoubles(std::span<const FoundPerson> found, std::span<const double> sigmas,
                                     double threshold = 0.9);

}  // namespace danas
