// Average precision and recall of found persons over thresholds of key-point similarity, as COCO ranks pose networks.
// Source: cocodataset.org/#keypoints-eval; to the same numbers as pycocotools' COCOeval with iouType 'keypoints'.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "danas/data/persons.h"
#include "danas/tasks/keypoints/oks.h"

namespace danas {

// A person as a network found it.
struct FoundPerson {
  int64_t image = 0;  // position in PersonSet::images
  double score = 0;
  double area = 0;      // by which medium and large are told apart: AreaOfKeypoints(), or a result file's box
  double box_area = 0;  // of the box in which the network looked, for suppression
  std::vector<FoundKeypoint> keypoints;
};

// Of the smallest box that holds all key-points, as pycocotools takes it for results without a box.
double AreaOfKeypoints(std::span<const FoundKeypoint> keypoints);

// From 0 to 1; -1 where the truth has no person of that size.
struct PersonPrecision {
  double ap = -1;         // mean over the thresholds 0.50, 0.55 ... 0.95
  double ap50 = -1;       // at 0.50
  double ap75 = -1;       // at 0.75
  double ap_medium = -1;  // of areas from 32² to 96² pixels
  double ap_large = -1;   // of areas from 96²
  double ar = -1;         // recall, in the same five ways
  double ar50 = -1;
  double ar75 = -1;
  double ar_medium = -1;
  double ar_large = -1;
  bool operator==(const PersonPrecision&) const = default;
};

// What is found in an image beyond this, by score, does not count.
inline constexpr int64_t kMostFoundInImage = 20;

// Over all images of `truth`, which holds everybody: crowds and persons without labelled key-points are neither missed
// nor wrong where they are found. `found` in the order of its file, which decides between equal scores; as many
// key-points in each, and as many σ, as the layout's. One thing is not as in pycocotools: an annotation with the id 0
// is one like any other, and there is never matched.
PersonPrecision AveragePrecision(const PersonSet& truth, std::span<const FoundPerson> found,
                                 std::span<const double> sigmas);

}  // namespace danas
