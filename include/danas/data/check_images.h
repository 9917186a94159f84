// Reads a whole dataset once, to find what is broken before a run does.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "danas/data/dataset_index.h"

namespace danas {

// Decodes every image of the set on `threads` threads; of packed sets the bytes and the index are compared with their
// hashes, too. A line for each image that is broken, with its name and the reason, in the dataset's order. `progress`
// is called with the images done so far. Of persons each picture that has some is read once (of packed sets each
// picture), and compared with the size that the annotations say. Throws Interrupted.
// How many images FindBrokenImages() reads.
int64_t CountImagesToCheck(const DatasetIndex& set);

std::vector<std::string> FindBrokenImages(const DatasetIndex& set, int64_t threads,
                                          const std::function<void(int64_t done)>& progress);

}  // namespace danas
