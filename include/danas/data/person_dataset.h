// Datasets whose samples are persons: several of them can be of one picture.
#pragma once

#include <filesystem>
#include <memory>

#include "danas/data/dataset_index.h"
#include "danas/data/persons.h"

namespace danas {

// The picture of each person of `set`, from those of its images. A person is named "PICTURE, person ID".
std::shared_ptr<const ImageSource> PicturesOfPersons(std::shared_ptr<const ImageSource> pictures,
                                                     std::shared_ptr<const PersonSet> set);

// The same pictures, with the boxes of a detector's result file for samples (ReadDetectedPersons) and the same
// `annotated`. Throws as ReadDetectedPersons() does, and DataError for a file without boxes.
DatasetIndex WithDetectedPersons(const DatasetIndex& truth, const std::filesystem::path& boxes);

}  // namespace danas
