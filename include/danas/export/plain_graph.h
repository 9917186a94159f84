// An exported network as nodes of ONNX in plain memory, for a program that runs it: danas observes in it the ranges
// that quantisation needs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "danas/export/exported_network.h"

namespace danas {

struct PlainNode {
  std::string op;
  std::vector<std::string> inputs = {};  // names of constants, of results before, or the graph's "image"
  std::string result;
  std::map<std::string, std::variant<int64_t, float, std::vector<int64_t>>> attributes = {};
};

struct PlainGraph {
  std::vector<PlainNode> nodes = {};  // in an order in which they can be computed; the last gives the logits
  PlainWeights floats = {};
  std::map<std::string, std::vector<int64_t>> integers = {};  // of one axis
  std::vector<std::string> quantized = {};                    // values that a quantised model holds as uint8
};

// With batch norms folded.
PlainGraph MakePlainGraph(const ExportedNetwork& exported);

// What a value was seen to lie in.
struct ValueRange {
  float low = 0, high = 0;
};
using ValueRanges = std::map<std::string, ValueRange>;

}  // namespace danas
