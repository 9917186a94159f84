// Which of the annotated persons a network is trained on. Source: SimpleBaseline (Xiao et al., ECCV 2018),
// lib/dataset/coco.py, _load_coco_keypoint_annotation_kernal.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "danas/data/persons.h"

namespace danas {

// Whom training leaves out, each annotation for one reason.
struct LeftOutPersons {
  int64_t other_categories = 0;
  int64_t crowds = 0;
  int64_t without_area = 0;       // of the outline
  int64_t outside = 0;            // the box holds nothing of the picture
  int64_t without_keypoints = 0;  // all three numbers of each are 0
  int64_t boxes_without_size = 0;

  int64_t total() const;
  // "49 without key-points", one line a reason that there is.
  std::vector<std::string> Lines() const;
};

struct PersonSelection {
  PersonSet set;  // the images of the whole set; persons image by image, their boxes as annotated
  LeftOutPersons left_out;
  std::vector<std::string> unsized;  // "annotation 7: the box (left 1, top 2, width 0, height 0) has no size"
};

// Those on whom SimpleBaseline trains and tests with true boxes, in its order.
// SimpleBaseline keeps boxes that have no size once they are clipped (ClipToPicture), and makes frames of one point of
// them; these are left out, and told.
PersonSelection SelectPersons(const PersonSet& all);

// "left 1, top 2.5, width 3, height 4"
std::string BoxText(const PersonBox& box);

}  // namespace danas
