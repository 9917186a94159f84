// Object key-point similarity (OKS): how well found key-points fit a person's true ones, from 0 to 1.
// Source: cocodataset.org/#keypoints-eval; to the same numbers as pycocotools' COCOeval.computeOks.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "danas/data/persons.h"

namespace danas {

// A key-point as a network finds it, in pixels of the picture.
struct FoundKeypoint {
  double x = 0;
  double y = 0;
  double score = 0;
  bool operator==(const FoundKeypoint&) const = default;
};

// COCO's σ of its 17 key-points of a person, by name order of COCO's layout.
std::vector<double> CocoPersonSigmas();

// Throws ConfigError "σ of another length" where there is not one σ for each of the layout's key-points, and for one
// that is not positive. `where` says whose numbers they are: a config's key.
void RequireSigmas(std::span<const double> sigmas, const KeypointLayout& layout, const std::string& where);

// The mean of exp(-d² / ((2σ)² (area + ε) 2)) over the key-points that `truth` has labelled. Where none is, d is how
// far a found key-point lies outside of the person's box, which reaches a whole width and height further to each side.
// As many key-points in `found` and σ in `sigmas` as in truth.keypoints.
double KeypointSimilarity(const Person& truth, std::span<const FoundKeypoint> found, std::span<const double> sigmas);

}  // namespace danas
