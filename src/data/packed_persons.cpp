#include "src/data/packed_persons.h"

#include "danas/core/error.h"
#include "danas/core/units.h"
#include "danas/data/coco_persons.h"
#include "danas/data/person_dataset.h"

namespace danas {
namespace {

// Without the images that were not packed, and without their persons: pictures are packed in the order of the images.
// Throws DataError where a packed picture is none of the set's.
PersonSet OfPackedPictures(PersonSet all, const ImageSource& packed, int64_t count) {
  std::vector<int64_t> position(all.images.size(), -1);
  std::vector<PersonImage> images;
  for (size_t i = 0; i < all.images.size(); ++i) {
    const int64_t next = std::ssize(images);
    if (next == count || packed.Stored(next).name != all.images[i].file) continue;
    position[i] = next;
    images.push_back(std::move(all.images[i]));
  }
  if (std::ssize(images) < count) {
    throw DataError(packed.Name(std::ssize(images)) + ": is not in the annotations; pack the dataset again");
  }
  all.images = std::move(images);
  for (Person& person : all.persons) person.image = position[static_cast<size_t>(person.image)];
  std::erase_if(all.persons, [](const Person& person) { return person.image < 0; });
  return all;
}

}  // namespace

void AddPackedPersons(std::string_view annotations, const std::string& category, DatasetIndex& index) {
  PersonSet all = ReadCocoPersons(annotations, index.name, category);
  const int64_t listed = std::ssize(all.images);
  const auto annotated =
      std::make_shared<const PersonSet>(OfPackedPictures(std::move(all), *index.images, index.size()));
  if (const int64_t gone = listed - index.size(); gone > 0) {
    index.passed_over.push_back("left out: " + FormatThousands(gone) +
                                " of the pictures, which were not packed, with their persons");
  }
  TakePersons(SelectPersons(*annotated), annotated, index.images, index);
}

}  // namespace danas
