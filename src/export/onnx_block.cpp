#include "onnx_block.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace danas {
namespace {

// Rows before and behind, as ONNX wants them: top, left, bottom, right.
std::vector<int64_t> Pads(const Size& size, int64_t kernel, int64_t stride, Padding padding) {
  const auto along = [&](int64_t length) -> std::pair<int64_t, int64_t> {
    if (padding == Padding::kSymmetric) return {kernel / 2, kernel / 2};
    const int64_t results = (length + stride - 1) / stride;
    const int64_t all = std::max<int64_t>((results - 1) * stride + kernel - length, 0);
    return {all / 2, all - all / 2};
  };
  const auto [top, bottom] = along(size.height);
  const auto [left, right] = along(size.width);
  return {top, left, bottom, right};
}

// The weights of a convolution, dense or transposed, and what its batch norm makes of them.
struct ConvolutionWeights {
  PlainTensor weight;
  std::vector<float> bias;  // empty: none
};

// Factor and summand of each channel that a norm with running statistics is.
struct NormAsLine {
  std::vector<double> factor, summand;
};

NormAsLine LineOf(const ExportedNetwork& exported, const std::string& norm) {
  const auto values = [&](const char* part) -> const std::vector<float>& {
    return WeightOf(exported, norm + "." + part).values;
  };
  NormAsLine line;
  for (size_t c = 0; c < values("weight").size(); ++c) {
    line.factor.push_back(values("weight")[c] / std::sqrt(values("running_var")[c] + exported.network.norm().epsilon));
    line.summand.push_back(values("bias")[c] - values("running_mean")[c] * line.factor[c]);
  }
  return line;
}

// `transposed`: the weights are [in, out / groups, k, k] and not [out, in / groups, k, k].
void Fold(ConvolutionWeights& weights, const NormAsLine& line, bool transposed, int groups) {
  const std::vector<int64_t>& shape = weights.weight.shape;
  const auto area = static_cast<size_t>(shape[2] * shape[3]), inner = static_cast<size_t>(shape[1]);
  const size_t in_of_group = static_cast<size_t>(shape[0] / groups);
  for (size_t i = 0; i < weights.weight.values.size(); ++i) {
    const size_t outer = i / area / inner;
    const size_t channel = transposed ? outer / in_of_group * inner + i / area % inner : outer;
    weights.weight.values[i] = static_cast<float>(weights.weight.values[i] * line.factor[channel]);
  }
  weights.bias.resize(line.factor.size());  // zeros where there was none
  for (size_t c = 0; c < line.factor.size(); ++c) {
    weights.bias[c] = static_cast<float>(weights.bias[c] * line.factor[c] + line.summand[c]);
  }
}

Value AppendBatchNorm(const OnnxFold& fold, const std::string& name, const Value& x) {
  std::vector<Value> inputs = {x};
  for (const char* part : {"weight", "bias", "running_mean", "running_var"}) {
    const PlainTensor& tensor = WeightOf(fold.exported, name + "." + part);
    inputs.push_back(fold.graph.Floats(name + "." + part, tensor.shape, tensor.values));
  }
  return fold.graph.Node("BatchNormalization", name, inputs,
                         {{"epsilon", static_cast<float>(fold.exported.network.norm().epsilon)}});
}

// A convolution of either kind with `attributes`; its norm folded or behind it.
Value AppendConvolving(const OnnxFold& fold, const char* op, const std::string& name, const Value& x, bool norm,
                       bool bias, int groups, const std::vector<OnnxAttribute>& attributes) {
  const std::string conv = norm ? name + ".conv" : name;
  ConvolutionWeights weights{.weight = WeightOf(fold.exported, conv + ".weight"), .bias = {}};
  if (bias) weights.bias = WeightOf(fold.exported, conv + ".bias").values;
  if (norm && !fold.keep_batch_norm) {
    Fold(weights, LineOf(fold.exported, name + ".norm"), op == std::string("ConvTranspose"), groups);
  }
  std::vector<Value> inputs = {x, fold.graph.Floats(conv + ".weight", weights.weight.shape, weights.weight.values)};
  if (!weights.bias.empty()) {
    const auto channels = static_cast<int64_t>(weights.bias.size());
    inputs.push_back(fold.graph.Floats(conv + ".bias", {channels}, weights.bias));
  }
  const Value y = fold.graph.Node(op, conv, inputs, attributes);
  return norm && fold.keep_batch_norm ? AppendBatchNorm(fold, name + ".norm", y) : y;
}

Value AppendDeconvolution(const OnnxFold& fold, const DeconvolutionStep& step, const std::string& name,
                          const Value& x) {
  const int64_t k = step.kernel, s = step.stride, beyond = k - s, pad = (beyond + 1) / 2, more = beyond % 2;
  return AppendConvolving(fold, "ConvTranspose", name, x, step.norm, step.bias, step.groups,
                          {{"kernel_shape", std::vector{k, k}},
                           {"strides", std::vector{s, s}},
                           {"pads", std::vector{pad, pad, pad, pad}},
                           {"output_padding", std::vector{more, more}},
                           {"group", int64_t{step.groups}}});
}

// The graph of one block, step by step.
class BlockFold {
 public:
  BlockFold(const OnnxFold& fold, const BlockGraph& block, const std::string& prefix, const Value& x)
      : fold_(fold), graph_(fold.graph), block_(block), prefix_(prefix), maps_{x} {}

  Value Run() {
    for (const Step& step : block_.steps) {
      inputs_.clear();
      for (const MapId map : step.inputs) inputs_.push_back(maps_[map]);
      input_ = block_.shape(step.inputs[0]);
      output_ = step.output;
      name_ = prefix_ + "." + step.name;
      maps_.push_back(std::visit([&](const auto& operation) { return Append(operation); }, step.operation));
    }
    return maps_[block_.result];
  }

 private:
  Value Append(const ConvolutionStep& step) { return AppendConvolution(fold_, step, input_, name_, inputs_[0]); }
  Value Append(const DeconvolutionStep& step) { return AppendDeconvolution(fold_, step, name_, inputs_[0]); }

  Value Append(const NormStep& step) {
    if (step.norm == NormKind::kBatch) return AppendBatchNorm(fold_, name_, inputs_[0]);
    const Value pixels =
        graph_.Node("Transpose", name_ + ".nhwc", inputs_, {{"perm", std::vector<int64_t>{0, 2, 3, 1}}});
    const Value normed =
        graph_.Node("LayerNormalization", name_ + ".normed", {pixels, Weight(".weight"), Weight(".bias")},
                    {{"axis", int64_t{-1}}, {"epsilon", static_cast<float>(step.epsilon)}});
    return graph_.Node("Transpose", name_, {normed}, {{"perm", std::vector<int64_t>{0, 3, 1, 2}}});
  }

  Value Append(const ScaleStep&) {
    const PlainTensor& weight = WeightOf(fold_.exported, name_ + ".weight");
    return graph_.Node("Mul", name_,
                       {inputs_[0], graph_.Floats(name_ + ".weight", {weight.shape[0], 1, 1}, weight.values)});
  }

  Value Append(const ActivationStep& step) {
    return AppendActivation(graph_, step.activation, prefix_ + "." + NameOf(step.activation), inputs_[0]);
  }

  Value Append(const TakeStep& step) {
    const int64_t channels = input_.channels, half = channels / 2;
    switch (step.which) {
      case Channels::kFirstHalf:
        return Slice(0, half, 1);
      case Channels::kSecondHalf:
        return Slice(half, channels, 1);
      case Channels::kEven:
        return Slice(0, channels, 2);
      case Channels::kOdd:
        return Slice(1, channels, 2);
      case Channels::kListed:
        return Gather(prefix_ + ".take", inputs_[0], step.places);
    }
    throw std::logic_error("channels that nobody knows");
  }

  // Both maps in a row, of which each place takes its channel.
  Value Append(const PutStep& step) {
    std::vector<int64_t> from(static_cast<size_t>(input_.channels));
    for (size_t c = 0; c < from.size(); ++c) from[c] = static_cast<int64_t>(c);
    for (size_t j = 0; j < step.places.size(); ++j) {
      from[static_cast<size_t>(step.places[j])] = input_.channels + static_cast<int64_t>(j);
    }
    return Gather(prefix_ + ".put", graph_.Node("Concat", prefix_ + ".both", inputs_, {{"axis", int64_t{1}}}), from);
  }

  Value Append(const JoinStep& step) {
    const Value joined = graph_.Node("Concat", prefix_ + ".join", inputs_, {{"axis", int64_t{1}}});
    return step.in_turn ? Mixed(joined, static_cast<int64_t>(inputs_.size())) : joined;
  }

  Value Append(const MixStep& step) { return Mixed(inputs_[0], step.groups); }
  Value Append(const AddStep&) { return graph_.Node("Add", prefix_ + ".add", inputs_); }
  Value Append(const MultiplyStep&) { return graph_.Node("Mul", prefix_ + ".multiply", inputs_); }
  Value Append(const GlobalAverageStep&) { return graph_.Node("GlobalAveragePool", prefix_ + ".average", inputs_); }

  // An even window that reaches beyond the last pixel counts those that are there: padding behind, which an average
  // leaves out.
  Value Append(const PoolStep& step) {
    const bool even = step.kernel % 2 == 0, average = step.pool == Pool::kAverage;
    std::vector<int64_t> pads = Pads(input_.size, step.kernel, step.stride, Padding::kSymmetric);
    if (even) {
      pads = {0, 0, int64_t{output_.size.height - 1} * step.stride + step.kernel - input_.size.height,
              int64_t{output_.size.width - 1} * step.stride + step.kernel - input_.size.width};
    }
    std::vector<OnnxAttribute> attributes = {{"kernel_shape", std::vector<int64_t>(2, step.kernel)},
                                             {"strides", std::vector<int64_t>(2, step.stride)},
                                             {"pads", pads}};
    if (average) attributes.push_back({"count_include_pad", int64_t{even ? 0 : 1}});
    return graph_.Node(average ? "AveragePool" : "MaxPool", prefix_ + ".pool", inputs_, attributes);
  }

  Value Weight(const char* part) {
    const PlainTensor& tensor = WeightOf(fold_.exported, name_ + part);
    return graph_.Floats(name_ + part, tensor.shape, tensor.values);
  }

  Value Slice(int64_t begin, int64_t end, int64_t step) {
    const auto number = [&](int64_t value) { return graph_.Integers("integer_" + std::to_string(value), {value}); };
    return graph_.Node("Slice", prefix_ + ".take", {inputs_[0], number(begin), number(end), number(1), number(step)});
  }

  Value Gather(const std::string& name, const Value& x, const std::vector<int64_t>& places) {
    return graph_.Node("Gather", name, {x, graph_.Integers(name + ".places", places)}, {{"axis", int64_t{1}}});
  }

  // Channel j of group i becomes channel i of group j.
  Value Mixed(const Value& x, int64_t groups) {
    const int64_t height = output_.size.height, width = output_.size.width, channels = output_.channels;
    const std::string name = prefix_ + ".mix";
    const Value split =
        graph_.Node("Reshape", name + ".groups",
                    {x, graph_.Integers(Unused(name + ".split"), {0, groups, channels / groups, height, width})});
    const Value turned =
        graph_.Node("Transpose", name + ".turned", {split}, {{"perm", std::vector<int64_t>{0, 2, 1, 3, 4}}});
    return graph_.Node("Reshape", name,
                       {turned, graph_.Integers(Unused(name + ".flat"), {0, channels, height, width})});
  }

  // Several steps of a block may be of one kind without a name.
  std::string Unused(const std::string& name) const { return name + "_" + std::to_string(maps_.size()); }

  const OnnxFold& fold_;
  OnnxGraph& graph_;
  const BlockGraph& block_;
  const std::string& prefix_;
  std::vector<Value> maps_;  // [MapId]
  // Of the step:
  std::vector<Value> inputs_;
  MapShape input_, output_;
  std::string name_;
};

}  // namespace

Value AppendBlock(const OnnxFold& fold, const BlockGraph& block, const std::string& prefix, const Value& x) {
  return BlockFold(fold, block, prefix, x).Run();
}

Value AppendConvolution(const OnnxFold& fold, const ConvolutionStep& step, const MapShape& input,
                        const std::string& name, const Value& x) {
  const int64_t k = step.kernel, s = step.stride;
  return AppendConvolving(fold, "Conv", name, x, step.norm, step.bias, step.groups,
                          {{"kernel_shape", std::vector{k, k}},
                           {"strides", std::vector{s, s}},
                           {"pads", Pads(input.size, k, s, step.padding)},
                           {"group", int64_t{step.groups}}});
}

Value AppendActivation(OnnxGraph& graph, Activation activation, const std::string& name, const Value& x) {
  const auto scalar = [&](const char* constant, double value) {
    return graph.Floats(constant, {}, {static_cast<float>(value)});
  };
  switch (activation) {
    case Activation::kRelu:
      return graph.Node("Relu", name, {x});
    case Activation::kRelu6:
      return graph.Node("Clip", name, {x, scalar("zero", 0), scalar("six", 6)});
    case Activation::kHardSwish:
      return graph.Node("HardSwish", name, {x});
    case Activation::kSwish:
      return graph.Node("Mul", name, {x, graph.Node("Sigmoid", name + ".sigmoid", {x})});
    case Activation::kSigmoid:
      return graph.Node("Sigmoid", name, {x});
    case Activation::kHardSigmoid:
      return graph.Node("HardSigmoid", name, {x}, {{"alpha", 1.0F / 6}, {"beta", 0.5F}});
    case Activation::kGelu: {
      const Value scaled = graph.Node("Mul", name + ".scaled", {x, scalar("half_root", std::numbers::sqrt2 / 2)});
      const Value erf = graph.Node("Erf", name + ".erf", {scaled});
      const Value one_more = graph.Node("Add", name + ".share", {erf, scalar("one", 1)});
      return graph.Node("Mul", name, {graph.Node("Mul", name + ".weighted", {x, one_more}), scalar("half", 0.5)});
    }
  }
  throw std::logic_error("an activation that nobody knows");
}

}  // namespace danas
