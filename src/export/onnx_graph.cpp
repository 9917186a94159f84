#include "onnx_graph.h"

#include <bit>

namespace danas {
namespace {

static_assert(std::endian::native == std::endian::little, "raw data of ONNX are little-endian");

void SetValue(onnx::AttributeProto& attribute, int64_t value) {
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(value);
}

void SetValue(onnx::AttributeProto& attribute, float value) {
  attribute.set_type(onnx::AttributeProto::FLOAT);
  attribute.set_f(value);
}

void SetValue(onnx::AttributeProto& attribute, const std::vector<int64_t>& values) {
  attribute.set_type(onnx::AttributeProto::INTS);
  for (const int64_t value : values) attribute.add_ints(value);
}

template <typename Number>
void SetTensor(onnx::TensorProto& tensor, const std::string& name, onnx::TensorProto::DataType type,
               const std::vector<int64_t>& shape, const std::vector<Number>& values) {
  tensor.set_name(name);
  tensor.set_data_type(type);
  for (const int64_t extent : shape) tensor.add_dims(extent);
  tensor.set_raw_data(values.data(), values.size() * sizeof(Number));
}

}  // namespace

Value OnnxGraph::Node(const char* op, const std::string& name, const std::vector<Value>& inputs,
                      const std::vector<OnnxAttribute>& attributes) {
  Value result = name;
  for (int number = 2; !names_.insert(result).second; ++number) result = name + "_" + std::to_string(number);
  onnx::NodeProto& node = *graph_.add_node();
  node.set_op_type(op);
  node.set_name(result);
  for (const Value& input : inputs) node.add_input(input);
  node.add_output(result);
  for (const OnnxAttribute& given : attributes) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(given.name);
    std::visit([&](const auto& value) { SetValue(attribute, value); }, given.value);
  }
  return result;
}

template <typename Number>
Value OnnxGraph::Constant(const std::string& name, onnx::TensorProto::DataType type, const std::vector<int64_t>& shape,
                          const std::vector<Number>& values) {
  if (names_.insert(name).second) SetTensor(*graph_.add_initializer(), name, type, shape, values);
  return name;
}

Value OnnxGraph::Floats(const std::string& name, const std::vector<int64_t>& shape, const std::vector<float>& values) {
  return Constant(name, onnx::TensorProto::FLOAT, shape, values);
}

Value OnnxGraph::Integers(const std::string& name, const std::vector<int64_t>& values) {
  return Constant(name, onnx::TensorProto::INT64, {static_cast<int64_t>(values.size())}, values);
}

Value OnnxGraph::Integers(const std::string& name, const std::vector<int64_t>& shape,
                          const std::vector<int8_t>& values) {
  return Constant(name, onnx::TensorProto::INT8, shape, values);
}

Value OnnxGraph::Integers(const std::string& name, const std::vector<int64_t>& shape,
                          const std::vector<uint8_t>& values) {
  return Constant(name, onnx::TensorProto::UINT8, shape, values);
}

Value OnnxGraph::Integers(const std::string& name, const std::vector<int64_t>& shape,
                          const std::vector<int32_t>& values) {
  return Constant(name, onnx::TensorProto::INT32, shape, values);
}

}  // namespace danas
