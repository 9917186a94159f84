#include "danas/tasks/keypoints/person_pictures.h"

#include <gtest/gtest.h>

#include <string>

namespace danas {
namespace {

TEST(PersonPictures, HaveNamesOfTheirOwn) {
  PersonSet persons;
  persons.layout.names = {"left", "right"};
  for (const char* file : {"a/x.jpg", "a_x.jpg", "a_x.png", "b.png"}) {
    persons.images.push_back({.id = 7 + std::ssize(persons.images), .file = file, .height = 4, .width = 4});
  }
  DatasetIndex set;
  set.persons = std::make_shared<const PersonSet>(persons);
  KeypointsConfig config;
  config.flip_pairs = {"left", "right"};
  std::vector<FoundPerson> found(4);
  for (size_t i = 0; i < found.size(); ++i) found[i].image = static_cast<int64_t>(i);

  std::vector<std::string> names;
  for (const TestPicture& picture : PicturesOf(found, std::make_shared<const DatasetIndex>(set), config, 4)) {
    names.push_back(picture.name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"a_x.jpg", "a_x-8.jpg", "a_x-9.jpg", "b.jpg"}));
}

}  // namespace
}  // namespace danas
