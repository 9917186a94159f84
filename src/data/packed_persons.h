// Persons with key-points in a packed set: its pictures, and their annotations beside them.
#pragma once

#include <string_view>

#include "danas/data/dataset_index.h"

namespace danas {

// Makes the set of pictures `index` one of persons. `annotations`: as CocoText() wrote them. Persons of pictures that
// were left out when the set was packed are left out too, and told. Throws DataError as ReadCocoPersons() does.
void AddPackedPersons(std::string_view annotations, DatasetIndex& index);

}  // namespace danas
