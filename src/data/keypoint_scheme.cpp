#include "danas/data/keypoint_scheme.h"

#include <algorithm>
#include <set>

#include "danas/core/error.h"
#include "danas/core/text_list.h"

namespace danas {
namespace {

constexpr size_t kShown = 20;

std::string Quoted(const std::string& name) { return "'" + name + "'"; }

int PositionOf(const std::string& name, const KeypointLayout& layout, const char* key) {
  const auto found = std::ranges::find(layout.names, name);
  if (found == layout.names.end()) {
    throw ConfigError(std::string(key) + ": " + Quoted(name) + " is no key-point of category " +
                      Quoted(layout.category) + ", which has: " + FirstOf(layout.names, kShown));
  }
  return static_cast<int>(found - layout.names.begin());
}

std::vector<int> PositionsOf(const std::vector<std::string>& names, const KeypointLayout& layout, const char* key) {
  std::vector<int> positions;
  std::set<int> seen;
  for (const std::string& name : names) {
    positions.push_back(PositionOf(name, layout, key));
    if (!seen.insert(positions.back()).second) throw ConfigError(std::string(key) + ": " + Quoted(name) + " twice");
  }
  return positions;
}

void RequireNames(const std::vector<std::string>& wanted, const KeypointLayout& layout) {
  if (wanted.empty()) return;
  if (wanted.size() != layout.names.size()) {
    throw ConfigError("keypoints.names: " + std::to_string(wanted.size()) + " key-points, but category " +
                      Quoted(layout.category) + " of the annotations has " + std::to_string(layout.names.size()) +
                      ": " + FirstOf(layout.names, kShown));
  }
  const auto [name, found] = std::ranges::mismatch(wanted, layout.names);
  if (name == wanted.end()) return;
  throw ConfigError("keypoints.names: key-point " + std::to_string(name - wanted.begin() + 1) + " is " + Quoted(*name) +
                    ", but " + Quoted(*found) + " in the annotations");
}

// Left and right of `body`, the order in which CocoKeypointNames() has them.
std::vector<std::string> CocoPairs() {
  const std::vector<std::string>& names = CocoKeypointNames();
  return {names.begin() + 1, names.end()};
}

std::vector<std::string> CocoUpperBody() {
  const std::vector<std::string>& names = CocoKeypointNames();
  return {names.begin(), names.begin() + 11};
}

bool Mirrors(const KeypointsConfig& config) { return config.augment.flip > 0 || config.test.flip; }

}  // namespace

const std::vector<std::string>& CocoKeypointNames() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all = {"nose"};
    for (const char* part : {"eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle"}) {
      all.push_back(std::string("left_") + part);
      all.push_back(std::string("right_") + part);
    }
    return all;
  }();
  return names;
}

const std::vector<std::array<int, 2>>& CocoSkeleton() {
  static const std::vector<std::array<int, 2>> lines = {
      {15, 13}, {13, 11}, {16, 14}, {14, 12}, {11, 12}, {5, 11}, {6, 12}, {5, 6}, {5, 7}, {6, 8},
      {7, 9},   {8, 10},  {1, 2},   {0, 1},   {0, 2},   {1, 3},  {2, 4},  {3, 5}, {4, 6}};
  return lines;
}

bool IsCoco(const KeypointLayout& layout) { return layout.names == CocoKeypointNames(); }

KeypointScheme SchemeOf(const KeypointsConfig& config, const KeypointLayout& layout) {
  RequireNames(config.names, layout);
  const bool coco = IsCoco(layout);
  const auto known = [&](const std::vector<std::string>& given, std::vector<std::string> (*of_coco)()) {
    return given.empty() && coco ? of_coco() : given;
  };
  const std::string others = ", since the key-points of category " + Quoted(layout.category) + " are not COCO's 17";

  const std::vector<int> pairs = PositionsOf(known(config.flip_pairs, CocoPairs), layout, "keypoints.flip_pairs");
  if (pairs.size() % 2 != 0) {
    throw ConfigError("keypoints.flip_pairs: " + std::to_string(pairs.size()) +
                      " names; two names after each other are a pair");
  }
  if (pairs.empty() && Mirrors(config)) {
    throw ConfigError("keypoints.flip_pairs: needed" + others +
                      "; or set keypoints.augment.flip to 0 and keypoints.test.flip to false");
  }
  const std::vector<int> upper = PositionsOf(known(config.upper_body, CocoUpperBody), layout, "keypoints.upper_body");
  if (upper.empty() && config.augment.half_body > 0) {
    throw ConfigError("keypoints.upper_body: needed" + others + "; or set keypoints.augment.half_body to 0");
  }

  KeypointScheme scheme;
  const size_t count = layout.names.size();
  for (size_t i = 0; i < pairs.size(); i += 2) scheme.flip_pairs.push_back({pairs[i], pairs[i + 1]});
  scheme.upper_body.assign(count, false);
  for (const int position : upper) scheme.upper_body[static_cast<size_t>(position)] = true;
  scheme.weights = config.joint_weights;
  if (scheme.weights.size() <= 1) scheme.weights.resize(count, scheme.weights.empty() ? 1 : scheme.weights[0]);
  if (scheme.weights.size() != count) {
    throw ConfigError("keypoints.joint_weights: " + std::to_string(scheme.weights.size()) + " numbers for " +
                      std::to_string(count) + " key-points");
  }
  return scheme;
}

}  // namespace danas
