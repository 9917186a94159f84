// Persons in pictures with their key-points, as COCO annotates them (or any category that has key-points).
// Source: the COCO data format, cocodataset.org.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace danas {

// In pixels of the picture; the centre of its first pixel is (0, 0), as SimpleBaseline and pycocotools take it.
struct Keypoint {
  double x = 0;
  double y = 0;
  int visibility = 0;  // 0: not labelled (x and y say nothing), 1: labelled but hidden, 2: seen
  bool operator==(const Keypoint&) const = default;
};

// Pixels [left, left + width) x [top, top + height); as annotated, possibly beyond the picture.
struct PersonBox {
  double left = 0;
  double top = 0;
  double width = 0;
  double height = 0;
  bool operator==(const PersonBox&) const = default;
};

struct PersonImage {
  int64_t id = 0;    // the file's own
  std::string file;  // within the folder of images
  int height = 0;
  int width = 0;
};

struct Person {
  int64_t id = 0;     // of the annotation
  int64_t image = 0;  // position in PersonSet::images
  PersonBox box;
  double area = 0;                  // of the person's outline, in pixels
  bool crowd = false;               // the box holds many, who are not told apart
  int64_t labelled = 0;             // the file's num_keypoints
  double score = 1;                 // a detector's, of the box; truth has 1
  std::vector<Keypoint> keypoints;  // as many as the layout's names
};

// Which key-points a category has.
struct KeypointLayout {
  std::string category = "person";
  int64_t category_id = 1;
  std::vector<std::string> names;
  std::vector<std::array<int, 2>> skeleton;  // positions in `names` that a line joins, for pictures
};

struct PersonSet {
  KeypointLayout layout;
  std::vector<PersonImage> images;  // all that are listed, those without persons too
  std::vector<Person> persons;      // in the file's order
  int64_t other_annotations = 0;    // of the file's other categories, which are not kept
};

}  // namespace danas
