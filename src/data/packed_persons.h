// Persons with key-points in a packed set: its pictures, and their annotations beside them.
#pragma once

#include <string>
#include <string_view>

#include "danas/data/dataset_index.h"

namespace danas {

// Makes the set of pictures `index` one of persons. `annotations`: as CocoText() wrote them. Images that were left out
// when the set was packed are no longer listed, nor is anybody in them. Throws DataError as ReadCocoPersons() does, and
// where the pictures are not those of the annotations. `category`: as data.category.
void AddPackedPersons(std::string_view annotations, const std::string& category, DatasetIndex& index);

}  // namespace danas
