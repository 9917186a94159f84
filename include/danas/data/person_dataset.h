// Datasets whose samples are persons: several of them can be of one picture.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "danas/data/dataset_index.h"
#include "danas/data/person_selection.h"
#include "danas/data/persons.h"

namespace danas {

// Makes the persons of `annotated` that SelectPersons() chose the samples of `index`, which has its name and format;
// `pictures` are those of its images.
void TakePersons(PersonSelection chosen, std::shared_ptr<const PersonSet> annotated,
                 std::shared_ptr<const ImageSource> pictures, DatasetIndex& index);

// The picture of each person of `set`, from those of its images. A person is named "PICTURE, person ID".
std::shared_ptr<const ImageSource> PicturesOfPersons(std::shared_ptr<const ImageSource> pictures,
                                                     std::shared_ptr<const PersonSet> set);

// The same pictures, with the boxes of a detector's result file for samples (ReadDetectedPersons) and the same
// `annotated`. Throws as ReadDetectedPersons() does, and DataError for a file without boxes.
DatasetIndex WithDetectedPersons(const DatasetIndex& truth, const std::filesystem::path& boxes);

// What a set of persons holds. Sizes are areas of outlines, as average precision counts them.
struct PersonCounts {
  int64_t persons = 0;
  int64_t images = 0;  // with persons
  int64_t listed_images = 0;
  std::vector<int64_t> labelled;  // persons who have it, of each key-point
  int64_t small = 0;              // below 32² pixels
  int64_t medium = 0;
  int64_t large = 0;  // above 96² pixels
};
PersonCounts CountPersons(const PersonSet& set);

}  // namespace danas
