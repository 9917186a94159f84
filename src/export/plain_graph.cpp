#include "danas/export/plain_graph.h"

#include <cstring>
#include <set>

#include "onnx_model.h"
#include "onnx_quantize.h"

namespace danas {
namespace {

PlainNode NodeOf(const onnx::NodeProto& from) {
  PlainNode node{.op = from.op_type(), .inputs = {from.input().begin(), from.input().end()}, .result = from.output(0)};
  for (const onnx::AttributeProto& attribute : from.attribute()) {
    auto& value = node.attributes[attribute.name()];
    if (attribute.type() == onnx::AttributeProto::INT) {
      value = int64_t{attribute.i()};
    } else if (attribute.type() == onnx::AttributeProto::FLOAT) {
      value = attribute.f();
    } else {
      value = std::vector<int64_t>(attribute.ints().begin(), attribute.ints().end());
    }
  }
  return node;
}

template <typename Number>
std::vector<Number> NumbersOf(const onnx::TensorProto& tensor) {
  std::vector<Number> numbers(tensor.raw_data().size() / sizeof(Number));
  std::memcpy(numbers.data(), tensor.raw_data().data(), tensor.raw_data().size());
  return numbers;
}

}  // namespace

PlainGraph MakePlainGraph(const ExportedNetwork& exported) {
  const onnx::ModelProto model = MakeFloatModel(exported, {});
  PlainGraph graph;
  for (const onnx::NodeProto& node : model.graph().node()) graph.nodes.push_back(NodeOf(node));
  for (const onnx::TensorProto& tensor : model.graph().initializer()) {
    if (tensor.data_type() == onnx::TensorProto::FLOAT) {
      graph.floats[tensor.name()] = {{tensor.dims().begin(), tensor.dims().end()}, NumbersOf<float>(tensor)};
    } else {
      graph.integers[tensor.name()] = NumbersOf<int64_t>(tensor);
    }
  }
  const std::set<std::string> quantized = QuantizedValues(model.graph());
  graph.quantized.assign(quantized.begin(), quantized.end());
  return graph;
}

}  // namespace danas
