// Persons from COCO's key-point annotations, read as a stream: memory holds what is kept, never the outlines that make
// up most of such a file. Source: cocodataset.org/#format-data.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "danas/data/persons.h"

namespace danas {

// All images and all annotations of one category, crowds too. `category` names it; empty: the only one that has
// key-points. Throws FileError where the file cannot be read, and DataError with the file, the annotation's or the
// image's id, what was found and what was expected: a list is missing, the category has no key-points or is not alone
// in having some, an id is there twice, an annotation is of an unknown image, key-points are not three numbers for each
// name of the layout or a visibility is none of 0, 1 and 2, a box or area is below 0; text that is no JSON or was cut
// off, with the byte.
PersonSet ReadCocoPersons(const std::filesystem::path& path, const std::string& category = "");

// The same of `text`; `name` stands for the file in errors.
PersonSet ReadCocoPersons(std::string_view text, const std::string& name, const std::string& category);

// The set in COCO's format, without outlines: what ReadCocoPersons() makes of it is the same set.
std::string CocoText(const PersonSet& set);

// A detector's boxes in COCO's result format as persons without key-points, in the file's order; those of other
// categories than the layout's are left out. Throws as ReadCocoPersons(), by the number of the result, and for a file
// of another image set: how many results are of images that `set` does not list, and the first.
PersonSet ReadDetectedPersons(const std::filesystem::path& path, const PersonSet& set);

}  // namespace danas
