// Small spaces and blocks that the tests of arch and cost share.
#pragma once

#include <string>
#include <vector>

#include "danas/arch/space.h"

namespace danas::test {

inline BlockSpec Ir(double expand, int kernel) { return {.op = {OperatorKind::kDepthwise, kernel}, .expand = expand}; }

inline BlockSpec ShuffleA(int kernel) {
  return {.kind = BlockKind::kShuffleA, .op = {OperatorKind::kDepthwise, kernel}, .activation = Activation::kRelu};
}

inline BlockSpec ShuffleV1(int groups, bool dense_entry = false) {
  return {.kind = BlockKind::kShuffleV1, .activation = Activation::kRelu, .groups = groups, .dense_entry = dense_entry};
}

inline BlockSpec MaxPool(int kernel) {
  return {.kind = BlockKind::kMaxPool, .op = {.kernel = kernel}, .activation = Activation::kRelu};
}

inline BlockSpec Identity(bool project = false) { return {.kind = BlockKind::kIdentity, .project = project}; }

// Stem 3 -> 8 of stride 2 on 16 x 12; 8 -> 8 (three candidates), 8 -> 12 of stride 2 (two), 12 -> 12 (one).
inline SpaceParts SmallParts() {
  SpaceParts parts;
  parts.name = "small";
  parts.input = {16, 12};
  parts.classes = 5;
  parts.stem = {.channels = 8};
  parts.layers = {
      {{8, 8, 1, {8, 6}}, {Ir(1, 3), Ir(3, 5), Identity()}},
      {{8, 12, 2, {8, 6}}, {Ir(6, 3), ShuffleA(3)}},
      {{12, 12, 1, {4, 3}}, {ShuffleA(5)}},
  };
  parts.head = {.channels = 20};
  return parts;
}

inline SearchSpace SmallSpace() { return SearchSpace(SmallParts()); }

inline std::vector<std::string> CandidateNames(const LayerSpec& layer) {
  std::vector<std::string> names;
  for (const BlockSpec& block : layer.candidates) names.push_back(CandidateName(block));
  return names;
}

}  // namespace danas::test
