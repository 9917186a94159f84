#include "graph_values.h"

#include <ATen/ATen.h>

#include <limits>
#include <stdexcept>

namespace danas {
namespace {

using Tensors = std::vector<at::Tensor>;
using Lengths = std::vector<int64_t>;

template <typename T>
const T& AttributeOf(const PlainNode& node, const char* name) {
  return std::get<T>(node.attributes.at(name));
}

// ONNX's top, left, bottom, right before the operator, which may pad evenly only.
at::Tensor Padded(const PlainNode& node, const at::Tensor& x, double value) {
  const Lengths& pads = AttributeOf<Lengths>(node, "pads");
  return at::constant_pad_nd(x, {pads[1], pads[3], pads[0], pads[2]}, value);
}

at::Tensor Convolved(const PlainNode& node, const Tensors& in) {
  const at::Tensor bias = in.size() > 2 ? in[2] : at::Tensor();
  return at::conv2d(Padded(node, in[0], 0), in[1], bias, AttributeOf<Lengths>(node, "strides"), Lengths{0, 0},
                    Lengths{1, 1}, AttributeOf<int64_t>(node, "group"));
}

at::Tensor Deconvolved(const PlainNode& node, const Tensors& in) {
  const at::Tensor bias = in.size() > 2 ? in[2] : at::Tensor();
  const int64_t pad = AttributeOf<Lengths>(node, "pads")[0];
  return at::conv_transpose2d(in[0], in[1], bias, AttributeOf<Lengths>(node, "strides"), {pad, pad},
                              AttributeOf<Lengths>(node, "output_padding"), AttributeOf<int64_t>(node, "group"));
}

at::Tensor Averaged(const PlainNode& node, const at::Tensor& x) {
  const auto average = [&](const at::Tensor& of) {
    return at::avg_pool2d(Padded(node, of, 0), AttributeOf<Lengths>(node, "kernel_shape"),
                          AttributeOf<Lengths>(node, "strides"));
  };
  if (AttributeOf<int64_t>(node, "count_include_pad") != 0) return average(x);
  return average(x) / average(at::ones_like(x));
}

at::Tensor Reshaped(const at::Tensor& x, const at::Tensor& shape) {  // 0: as it is
  Lengths extents(shape.const_data_ptr<int64_t>(), shape.const_data_ptr<int64_t>() + shape.numel());
  for (size_t d = 0; d < extents.size(); ++d) {
    if (extents[d] == 0) extents[d] = x.size(static_cast<int64_t>(d));
  }
  return x.reshape(extents);
}

at::Tensor Sliced(const Tensors& in) {
  const auto number = [&](size_t i) { return in[i].item<int64_t>(); };
  return at::slice(in[0], number(3), number(1), number(2), number(4));
}

at::Tensor Computed(const PlainNode& node, const Tensors& in) {
  const std::string& op = node.op;
  if (op == "Conv") return Convolved(node, in);
  if (op == "ConvTranspose") return Deconvolved(node, in);
  if (op == "Gemm") return at::linear(in[0], in[1], in.size() > 2 ? in[2] : at::Tensor());
  if (op == "MatMul") return at::matmul(in[0], in[1]);
  if (op == "BatchNormalization") {
    return at::batch_norm(in[0], in[1], in[2], in[3], in[4], /*training=*/false, 0, AttributeOf<float>(node, "epsilon"),
                          /*cudnn_enabled=*/false);
  }
  if (op == "LayerNormalization") {
    return at::layer_norm(in[0], {in[0].size(-1)}, in[1], in[2], AttributeOf<float>(node, "epsilon"));
  }
  if (op == "Relu") return at::relu(in[0]);
  if (op == "Clip") return at::clamp(in[0], in[1], in[2]);
  if (op == "HardSwish") return at::hardswish(in[0]);
  if (op == "Sigmoid") return at::sigmoid(in[0]);
  if (op == "HardSigmoid") return at::hardsigmoid(in[0]);
  if (op == "Erf") return at::erf(in[0]);
  if (op == "Add") return in[0] + in[1];
  if (op == "Mul") return in[0] * in[1];
  if (op == "Concat") return at::cat(in, AttributeOf<int64_t>(node, "axis"));
  if (op == "Transpose") return in[0].permute(AttributeOf<Lengths>(node, "perm"));
  if (op == "Slice") return Sliced(in);
  if (op == "Gather") return at::index_select(in[0], AttributeOf<int64_t>(node, "axis"), in[1]);
  if (op == "Reshape") return Reshaped(in[0], in[1]);
  if (op == "Flatten") return in[0].flatten(1);
  if (op == "GlobalAveragePool") return in[0].mean({2, 3}, /*keepdim=*/true);
  if (op == "AveragePool") return Averaged(node, in[0]);
  if (op == "MaxPool") {
    return at::max_pool2d(Padded(node, in[0], -std::numeric_limits<double>::infinity()),
                          AttributeOf<Lengths>(node, "kernel_shape"), AttributeOf<Lengths>(node, "strides"));
  }
  throw std::logic_error("an exported operator that nobody runs: " + op);
}

}  // namespace

GraphValues::GraphValues(const PlainGraph& graph) : graph_(graph) {
  for (const auto& [name, tensor] : graph.floats) {
    constants_[name] = at::tensor(tensor.values, at::kFloat).reshape(tensor.shape);
  }
  for (const auto& [name, values] : graph.integers) constants_[name] = at::tensor(values, at::kLong);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const std::string& input : graph.nodes[i].inputs) last_use_[input] = i;
  }
}

at::Tensor GraphValues::Run(const at::Tensor& image_nchw, const Look& look) const {
  std::map<std::string, at::Tensor> values = {{"image", image_nchw}};
  look("image", image_nchw);
  at::Tensor result;
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    const PlainNode& node = graph_.nodes[i];
    Tensors inputs;
    for (const std::string& name : node.inputs) {
      const auto constant = constants_.find(name);
      inputs.push_back(constant != constants_.end() ? constant->second : values.at(name));
    }
    result = Computed(node, inputs);
    for (const std::string& name : node.inputs) {
      if (last_use_.at(name) == i) values.erase(name);
    }
    values[node.result] = result;
    look(node.result, result);
  }
  return result;
}

}  // namespace danas
