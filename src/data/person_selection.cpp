#include "danas/data/person_selection.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "danas/core/units.h"
#include "danas/data/affine_warp.h"

namespace danas {
namespace {

bool IsBlank(const Person& person) {
  return std::all_of(person.keypoints.begin(), person.keypoints.end(), [](const Keypoint& keypoint) {
    return std::max({keypoint.x, keypoint.y, static_cast<double>(keypoint.visibility)}) <= 0;
  });
}

}  // namespace

int64_t LeftOutPersons::total() const {
  return other_categories + crowds + without_area + outside + without_keypoints + boxes_without_size;
}

std::vector<std::string> LeftOutPersons::Lines() const {
  std::vector<std::string> lines;
  const auto add = [&](int64_t count, const char* why) {
    if (count > 0) lines.push_back(FormatThousands(count) + " " + why);
  };
  add(other_categories, "of other categories");
  add(crowds, "marked as a crowd");
  add(without_area, "with an area of 0");
  add(outside, "with a box outside of the picture");
  add(without_keypoints, "without key-points");
  add(boxes_without_size, "with a box of zero size");
  return lines;
}

PersonSelection SelectPersons(const PersonSet& all) {
  PersonSelection chosen{
      .set = {.layout = all.layout, .images = all.images, .persons = {}}, .left_out = {}, .unsized = {}};
  LeftOutPersons& left_out = chosen.left_out;
  left_out.other_categories = all.other_annotations;
  for (const Person& person : all.persons) {
    const PersonImage& image = all.images[static_cast<size_t>(person.image)];
    const PersonBox box = ClipToPicture(person.box, {.height = image.height, .width = image.width});
    if (person.crowd) {
      ++left_out.crowds;
    } else if (!(person.area > 0)) {
      ++left_out.without_area;
    } else if (box.width < 0 || box.height < 0) {
      ++left_out.outside;
    } else if (IsBlank(person)) {
      ++left_out.without_keypoints;
    } else if (box.width + box.height == 0) {
      ++left_out.boxes_without_size;
      chosen.unsized.push_back("annotation " + std::to_string(person.id) + ": the box (" + BoxText(person.box) +
                               ") has no size");
    } else {
      chosen.set.persons.push_back(person);
    }
  }
  std::stable_sort(chosen.set.persons.begin(), chosen.set.persons.end(),
                   [](const Person& a, const Person& b) { return a.image < b.image; });
  return chosen;
}

std::string BoxText(const PersonBox& box) {
  std::array<char, 160> text{};
  std::snprintf(text.data(), text.size(), "left %g, top %g, width %g, height %g", box.left, box.top, box.width,
                box.height);
  return text.data();
}

}  // namespace danas
