#include "onnx_quantize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

#include "onnx_graph.h"

namespace danas {
namespace {

constexpr int kMostWeight = 127, kMostValue = 255;
constexpr double kLargestBias = 1 << 30;  // in steps; a sum of products fits beside it into int32
constexpr double kLeastScale = std::numeric_limits<float>::min();

bool HasWeights(const onnx::NodeProto& node) {
  return node.op_type() == "Conv" || node.op_type() == "ConvTranspose" || node.op_type() == "Gemm";
}

std::vector<float> FloatsOf(const onnx::TensorProto& tensor) {
  std::vector<float> values(tensor.raw_data().size() / sizeof(float));
  std::memcpy(values.data(), tensor.raw_data().data(), tensor.raw_data().size());
  return values;
}

template <typename Number>
Number Rounded(double value) {  // half to even, as QuantizeLinear
  return static_cast<Number>(std::clamp<double>(std::nearbyint(value), std::numeric_limits<Number>::min(),
                                                std::numeric_limits<Number>::max()));
}

// How an operator's weights fall into output channels. `channels` 1: they share a scale.
struct ChannelLayout {
  int64_t axis = 0, channels = 1, inner = 1;  // `inner`: numbers from one place of the axis to the next

  size_t ChannelOf(size_t i) const { return static_cast<size_t>(static_cast<int64_t>(i) / inner % channels); }
};

ChannelLayout LayoutOf(const onnx::NodeProto& node, const onnx::TensorProto& weight) {
  ChannelLayout layout;
  if (node.op_type() == "ConvTranspose") {  // [in, out / groups, k, k]
    for (const onnx::AttributeProto& attribute : node.attribute()) {
      if (attribute.name() == "group" && attribute.i() > 1) return layout;
    }
    layout.axis = 1;
  }
  layout.channels = weight.dims(static_cast<int>(layout.axis));
  for (int d = static_cast<int>(layout.axis) + 1; d < weight.dims_size(); ++d) layout.inner *= weight.dims(d);
  return layout;
}

// Makes a new graph of the old one's nodes.
class Quantizer {
 public:
  Quantizer(const onnx::GraphProto& from, const ValueRanges& ranges)
      : from_(from), ranges_(ranges), values_(QuantizedValues(from)), graph_(to_) {
    for (const onnx::TensorProto& tensor : from.initializer()) constants_[tensor.name()] = &tensor;
    to_.set_name(from.name());
    *to_.mutable_input() = from.input();
    *to_.mutable_output() = from.output();
  }

  onnx::GraphProto Run() {
    for (const onnx::ValueInfoProto& input : from_.input()) AppendPair(input.name());
    for (const onnx::NodeProto& old : from_.node()) {
      onnx::NodeProto node = old;
      if (HasWeights(old)) QuantizeWeights(old, node);
      for (std::string& input : *node.mutable_input()) {
        if (values_.contains(input)) input = Dequantized(input);
        Keep(input);
      }
      *to_.add_node() = std::move(node);
      AppendPair(old.output(0));
    }
    return std::move(to_);
  }

 private:
  static Value Dequantized(const Value& value) { return value + ".dequantized"; }

  // A constant that is used as it was.
  void Keep(const Value& name) {
    const auto found = constants_.find(name);
    if (found == constants_.end() || !kept_.insert(name).second) return;
    *to_.add_initializer() = *found->second;
  }

  double ScaleOf(const Value& value) const {
    const auto found = ranges_.find(value);
    if (found == ranges_.end()) throw std::logic_error("no range of " + value);
    const auto [low, high] = found->second;
    const double span = std::max(high, 0.0F) - static_cast<double>(std::min(low, 0.0F));
    return static_cast<float>(span > 0 ? std::max(span / kMostValue, kLeastScale) : 1);
  }

  // Zero must be a step: padding and rectifiers make it.
  void AppendPair(const Value& value) {
    if (!values_.contains(value)) return;
    const double scale = ScaleOf(value), low = std::min(ranges_.at(value).low, 0.0F);
    const std::vector<Value> parameters = {
        graph_.Floats(value + ".scale", {}, {static_cast<float>(scale)}),
        graph_.Integers(value + ".zero_point", {}, std::vector{Rounded<uint8_t>(-low / scale)})};
    const Value quantized = graph_.Node("QuantizeLinear", value + ".quantized", {value, parameters[0], parameters[1]});
    graph_.Node("DequantizeLinear", Dequantized(value), {quantized, parameters[0], parameters[1]});
  }

  void QuantizeWeights(const onnx::NodeProto& old, onnx::NodeProto& node) {
    const onnx::TensorProto& weight = *constants_.at(old.input(1));
    const ChannelLayout layout = LayoutOf(old, weight);
    const std::vector<float> values = FloatsOf(weight);
    std::vector<float> bias;
    if (old.input_size() > 2) bias = FloatsOf(*constants_.at(old.input(2)));
    const double input_scale = ScaleOf(old.input(0));

    const std::vector<float> scales = WeightScales(layout, values, bias, input_scale);
    std::vector<int8_t> steps(values.size());
    for (size_t i = 0; i < values.size(); ++i) {  // symmetric: -128 stays unused
      steps[i] = std::max<int8_t>(Rounded<int8_t>(values[i] / scales[layout.ChannelOf(i)]), -kMostWeight);
    }
    const std::vector<int64_t> shape(weight.dims().begin(), weight.dims().end());
    *node.mutable_input(1) =
        Constant<int8_t>(old.input(1), graph_.Integers(old.input(1) + ".quantized", shape, steps), scales, layout.axis);
    if (bias.empty()) return;

    std::vector<float> bias_scales;
    for (const float scale : scales) bias_scales.push_back(static_cast<float>(input_scale * scale));
    std::vector<int32_t> bias_steps(bias.size());
    for (size_t c = 0; c < bias.size(); ++c) {
      bias_steps[c] = Rounded<int32_t>(bias[c] / static_cast<double>(bias_scales[scales.size() == 1 ? 0 : c]));
    }
    const Value whole = graph_.Integers(old.input(2) + ".quantized", {std::ssize(bias)}, bias_steps);
    *node.mutable_input(2) = Constant<int32_t>(old.input(2), whole, bias_scales, 0);
  }

  // A channel of weights that are all small gets larger steps where its bias would not fit.
  static std::vector<float> WeightScales(const ChannelLayout& layout, const std::vector<float>& values,
                                         const std::vector<float>& bias, double input_scale) {
    std::vector<double> scales(static_cast<size_t>(layout.channels), 0);
    for (size_t i = 0; i < values.size(); ++i) {
      double& scale = scales[layout.ChannelOf(i)];
      scale = std::max(scale, std::abs(static_cast<double>(values[i])) / kMostWeight);
    }
    for (size_t c = 0; c < bias.size(); ++c) {
      double& scale = scales[scales.size() == 1 ? 0 : c];
      scale = std::max(scale, std::abs(static_cast<double>(bias[c])) / (input_scale * kLargestBias));
    }
    std::vector<float> result;
    for (const double scale : scales) {
      result.push_back(static_cast<float>(scale > 0 ? std::max(scale, kLeastScale) : 1));
    }
    return result;
  }

  // Zero points are the default, but ONNX Runtime fuses fully connected layers only with them.
  template <typename Number>
  Value Constant(const Value& name, const Value& quantized, const std::vector<float>& scales, int64_t axis) {
    const std::vector<int64_t> shape = scales.size() == 1 ? std::vector<int64_t>{} : std::vector{std::ssize(scales)};
    return graph_.Node("DequantizeLinear", Dequantized(name),
                       {quantized, graph_.Floats(name + ".scale", shape, scales),
                        graph_.Integers(name + ".zero_point", shape, std::vector<Number>(scales.size(), 0))},
                       {{"axis", axis}});
  }

  const onnx::GraphProto& from_;
  const ValueRanges& ranges_;
  const std::set<std::string> values_;
  std::map<std::string, const onnx::TensorProto*> constants_ = {};
  std::set<std::string> kept_ = {};
  onnx::GraphProto to_ = {};
  OnnxGraph graph_;
};

}  // namespace

std::set<std::string> QuantizedValues(const onnx::GraphProto& graph) {
  std::map<std::string, std::vector<const onnx::NodeProto*>> users;
  for (const onnx::NodeProto& node : graph.node()) {
    for (const std::string& input : node.input()) users[input].push_back(&node);
  }
  std::set<std::string> values;
  const auto insert_result = [&](const onnx::NodeProto& node) {
    std::string result = node.output(0);
    const std::vector<const onnx::NodeProto*>& next = users[result];
    if (next.size() == 1 && (next[0]->op_type() == "Relu" || next[0]->op_type() == "Clip")) {
      result = next[0]->output(0);
    }
    if (std::ranges::any_of(users[result], [](const auto* user) { return user->op_type() != "Softmax"; })) {
      values.insert(result);
    }
  };
  for (const onnx::NodeProto& node : graph.node()) {
    if (!HasWeights(node)) continue;
    values.insert(node.input(0));
    insert_result(node);
  }
  for (const onnx::NodeProto& node : graph.node()) {
    const auto known = [&](const std::string& input) { return values.contains(input); };
    if (node.op_type() == "Add" && std::ranges::all_of(node.input(), known)) insert_result(node);
  }
  return values;
}

void Quantize(onnx::GraphProto& graph, const ValueRanges& ranges) { graph = Quantizer(graph, ranges).Run(); }

}  // namespace danas
