// The parts of an ONNX model: nodes, constants and their attributes, appended one by one.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "danas/export/exported_network.h"
#include "onnx/onnx.pb.h"

namespace danas {

// The name of a tensor in the graph.
using Value = std::string;

struct OnnxAttribute {
  const char* name;
  std::variant<int64_t, float, std::vector<int64_t>> value;
};

class OnnxGraph {
 public:
  explicit OnnxGraph(onnx::GraphProto& graph) : graph_(graph) {}

  // Appends a node with one result, which has the name `name` or, where that is taken, `name` and a number.
  Value Node(const char* op, const std::string& name, const std::vector<Value>& inputs,
             const std::vector<OnnxAttribute>& attributes = {});

  // Constants; a name that was used before must mean the same numbers.
  Value Floats(const std::string& name, const std::vector<int64_t>& shape, const std::vector<float>& values);
  Value Integers(const std::string& name, const std::vector<int64_t>& values);  // of one axis
  Value Integers(const std::string& name, const std::vector<int64_t>& shape, const std::vector<int8_t>& values);
  Value Integers(const std::string& name, const std::vector<int64_t>& shape, const std::vector<uint8_t>& values);
  Value Integers(const std::string& name, const std::vector<int64_t>& shape, const std::vector<int32_t>& values);

  onnx::GraphProto& proto() { return graph_; }

 private:
  template <typename Number>
  Value Constant(const std::string& name, onnx::TensorProto::DataType type, const std::vector<int64_t>& shape,
                 const std::vector<Number>& values);

  onnx::GraphProto& graph_;
  std::set<std::string> names_ = {};
};

}  // namespace danas
