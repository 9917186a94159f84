// Found persons as COCO's result JSON, which pycocotools reads (COCO.loadRes). Source: cocodataset.org/#format-results.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "danas/data/persons.h"
#include "danas/tasks/keypoints/average_precision.h"

namespace danas {

// The results in the file's order, those of other categories than the set's left out. An area is that of the results'
// boxes if they have some, else of their key-points, as loadRes() takes it. Throws FileError, and DataError with the
// number of the result: no JSON, a key-point list of another length than the layout's, a result without image, score or
// category; boxes in some results alone; and images that `set` does not list, how many and the first.
std::vector<FoundPerson> ReadKeypointResults(const std::filesystem::path& path, const PersonSet& set);

// Image, category, key-points and score of each, without boxes; whole or not at all. Throws FileError.
void WriteKeypointResults(const std::filesystem::path& path, const PersonSet& set, std::span<const FoundPerson> found);

}  // namespace danas
