// How wrong a network is about each person: what schedule.difficulty orders persons by.
#pragma once

#include <optional>
#include <vector>

#include "danas/config/config.h"
#include "danas/tasks/keypoints/find_persons.h"

namespace danas {

// Of each sample of `set` (positions in its persons), 1 - OKS between what was found in the person's own box and the
// truth; doubles are not left out. None where it was not found, because its picture could not be read.
std::vector<std::optional<double>> PersonErrors(const PersonsFound& found, const DatasetIndex& set,
                                                const KeypointsConfig& config);

}  // namespace danas
