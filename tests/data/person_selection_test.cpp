#include "danas/data/person_selection.h"

#include <gtest/gtest.h>

namespace danas {
namespace {

PersonSet OfOneImage() {
  PersonSet set;
  set.images = {{.id = 5, .file = "b.jpg", .height = 50, .width = 80},
                {.id = 3, .file = "a.jpg", .height = 50, .width = 80}};
  return set;
}

Person MakePerson(int64_t id, int64_t image, const PersonBox& box) {
  return {.id = id, .image = image, .box = box, .area = 9, .labelled = 1, .keypoints = {{3, 4, 2}}};
}

TEST(SelectPersons, LeavesOutWhatSimpleBaselineLeavesOut) {
  PersonSet set = OfOneImage();
  set.other_annotations = 4;
  const PersonBox box{.left = 1, .top = 2, .width = 10, .height = 20};
  for (int64_t id = 0; id < 9; ++id) set.persons.push_back(MakePerson(id, 0, box));
  set.persons[1].crowd = true;
  set.persons[2].area = 0;
  set.persons[3].box.left = 80.5;  // to the right of the last column
  set.persons[4].keypoints = {{0, 0, 0}};
  set.persons[5].box = {.left = 4, .top = 5, .width = 1, .height = 0.5};
  set.persons[6].box = {.left = -30, .top = 2, .width = 10, .height = 20};  // moved to the picture, not left out
  set.persons[7].keypoints = {{3, 4, 0}};                                   // not labelled, but not blank either
  set.persons[8].box = {.left = 79, .top = 5, .width = 20, .height = 20};   // only its left edge is in the picture

  const PersonSelection chosen = SelectPersons(set);
  std::vector<int64_t> ids;
  for (const Person& person : chosen.set.persons) ids.push_back(person.id);
  EXPECT_EQ(ids, (std::vector<int64_t>{0, 6, 7, 8}));
  EXPECT_EQ(chosen.set.persons[1].box.left, -30) << "boxes stay as annotated";
  EXPECT_EQ(chosen.left_out.Lines(),
            (std::vector<std::string>{"4 of other categories", "1 crowds", "1 with an area of 0",
                                      "1 with a box outside of the picture", "1 without key-points",
                                      "1 with a box of zero size"}));
  EXPECT_EQ(chosen.left_out.total(), 9);
  EXPECT_EQ(chosen.unsized,
            std::vector<std::string>{"annotation 5: the box (left 4, top 5, width 1, height 0.5) has no size"});
}

TEST(SelectPersons, GoImageByImage) {
  PersonSet set = OfOneImage();
  for (int64_t id = 0; id < 4; ++id) set.persons.push_back(MakePerson(id, 1 - id % 2, {.width = 5, .height = 5}));
  std::vector<int64_t> ids;
  for (const Person& person : SelectPersons(set).set.persons) ids.push_back(person.id);
  EXPECT_EQ(ids, (std::vector<int64_t>{1, 3, 0, 2}));
  EXPECT_EQ(SelectPersons(set).set.images.size(), 2U);
  EXPECT_EQ(SelectPersons(set).left_out.total(), 0);
}

}  // namespace
}  // namespace danas
