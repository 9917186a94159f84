// COCO's key-point annotations and results of detectors and pose networks: the first byte chooses the reader.
#include "danas/data/coco_persons.h"

#include <string>

#include "danas/data/person_selection.h"
#include "danas/tasks/keypoints/average_precision.h"
#include "danas/tasks/keypoints/coco_results.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace danas;
  static const fuzz::Folder folder;
  if (size == 0) return 0;
  const std::filesystem::path path = folder.Write("file.json", fuzz::Text(data, size).substr(1));
  PersonSet known;
  known.layout = {.category = "hand", .category_id = 1, .names = {"left", "right"}, .skeleton = {}};
  known.images = {{.id = 1, .file = "a.jpg", .height = 50, .width = 80}};
  const std::vector<double> sigmas{0.1, 0.1};
  switch (data[0] % 3) {
    case 0:
      fuzz::Accepts([&] {
        const PersonSet set = ReadCocoPersons(path);
        for (const Person& person : set.persons) {
          fuzz::Require(person.image >= 0 && person.image < std::ssize(set.images), "a person has an image");
          fuzz::Require(person.keypoints.size() == set.layout.names.size(), "a person has the layout's key-points");
        }
        const PersonSelection chosen = SelectPersons(set);
        fuzz::Require(
            std::ssize(chosen.set.persons) + chosen.left_out.total() == std::ssize(set.persons) + set.other_annotations,
            "every annotation is chosen or left out");
      });
      return 0;
    case 1:
      fuzz::Accepts([&] {
        for (const Person& person : ReadDetectedPersons(path, known).persons) {
          fuzz::Require(person.image == 0, "a box has an image");
        }
      });
      return 0;
    default:
      fuzz::Accepts([&] {
        const PersonPrecision precision = AveragePrecision(known, ReadKeypointResults(path, known), sigmas);
        fuzz::Require(precision == PersonPrecision(), "nobody is to be found");
      });
      return 0;
  }
}
