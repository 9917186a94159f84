// A network as it is exported: what it is, its classes, what its images go through, and its numbers in plain memory.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "danas/arch/space.h"
#include "danas/core/json.h"

namespace danas {

struct PlainTensor {
  std::vector<int64_t> shape = {};
  std::vector<float> values = {};  // row-major
};

// By danas's names (docs/file-formats.md).
using PlainWeights = std::map<std::string, PlainTensor>;

// What a test image goes through (data/transform.h): the shorter side to `resize` pixels, bilinear with antialias; the
// middle; from [0, 255] to [0, 1]; minus the mean, over the deviation. With heat maps: a person's box, made to have the
// input's proportions and `box_scale` times as large, warped to the input, bilinear; then the same.
struct Preprocessing {
  int resize = 256;
  double box_scale = 1.25;
  std::vector<double> mean = {}, deviation = {};  // one a channel of the network's images
};

// How heat maps of persons are read (tasks/keypoints/decode.h). Pairs are positions of maps.
struct MapReading {
  std::vector<std::array<int, 2>> flip_pairs = {};
  bool flip_test = false;
  bool shift_heatmap = false;
  double score_threshold = 0.2;
  std::vector<std::array<int, 2>> skeleton = {};  // empty: unknown
};

struct ExportedNetwork {
  SearchSpace network;                      // one candidate in every layer
  std::vector<std::string> class_ids = {};  // empty: unknown; with heat maps the key-points
  std::vector<std::string> class_labels = {};
  Preprocessing preprocessing = {};
  MapReading reading = {};  // with heat maps
  PlainWeights weights = {};
};

// "input_size", "resize", "interpolation", "mean" and so on, for preprocess.json; with heat maps also "keypoints",
// their names where they are known, "heat_map_size", and how maps are read.
Json PreprocessingJson(const ExportedNetwork& exported);

// The tensor of that name; std::logic_error where the weights are of another network.
const PlainTensor& WeightOf(const ExportedNetwork& exported, const std::string& name);

}  // namespace danas
