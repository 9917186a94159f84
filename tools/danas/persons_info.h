// What `danas data info` shows of sets whose samples are persons.
#pragma once

#include <string>
#include <vector>

#include "danas/core/json.h"
#include "danas/data/dataset_index.h"

namespace danas {

// Of a set: counts of persons, images, labelled key-points and sizes.
Json PersonsJson(const DatasetIndex& set);

// "86 persons with key-points in 62 of 80 images", and whom the set leaves out, in lines of their own.
std::string PersonsLine(const DatasetIndex& set);
std::string LeftOutText(const DatasetIndex& set);

// Sizes and key-points, a column for each set; all have the same key-points.
std::string PersonsTable(const std::vector<NamedSet>& sets);

}  // namespace danas
