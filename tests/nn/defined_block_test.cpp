// The blocks that configs/spaces defines, read from the shipped files, against the same written in ATen's functions.
#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "danas/arch/block_definition.h"
#include "danas/arch/space_file.h"
#include "danas/nn/block.h"
#include "danas/nn/norm.h"
#include "danas/nn/supernet.h"
#include "tests/nn/nn_support.h"

namespace danas {
namespace {

using test::ExpectClose;

constexpr NormSpec kNorm{.momentum = 0.1, .epsilon = 1e-3};
constexpr int64_t kBatch = 3;

using Values = std::map<std::string, DefinedBlock::Value>;

std::shared_ptr<const BlockDefinition> ShippedDefinition(const std::string& space, const std::string& name) {
  static std::map<std::string, SearchSpace> spaces;
  if (!spaces.contains(space)) spaces.emplace(space, LoadSpace(space).space);
  for (const LayerSpec& layer : spaces.at(space).layers()) {
    for (const BlockSpec& block : layer.candidates) {
      const auto& definition = block.defined.definition;
      if (definition && definition->name() == name) return definition;
    }
  }
  throw std::invalid_argument(space + " uses no block " + name);
}

// With these values of its parameters, and the defaults of the others.
BlockSpec ShippedBlock(const std::string& space, const std::string& name, Values values = {}) {
  const auto definition = ShippedDefinition(space, name);
  BlockSpec block{.kind = BlockKind::kDefined, .defined = {.definition = definition, .values = {}}};
  for (const BlockDefinition::Parameter& parameter : definition->parameters()) {
    const auto value = values.extract(parameter.name);
    block.defined.values.push_back(value ? value.mapped() : parameter.fallback);
  }
  if (!values.empty()) throw std::invalid_argument(name + " has no parameter " + values.begin()->first);
  return Canonical(block);
}

// MobileNetV2's public code.
int64_t MakeDivisible(double channels, int64_t divisor) {
  const int64_t rounded =
      std::max(divisor, static_cast<int64_t>(channels + static_cast<double>(divisor) / 2) / divisor * divisor);
  return static_cast<double>(rounded) < 0.9 * channels ? rounded + divisor : rounded;
}

at::Tensor Activated(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::kRelu:
      return at::relu(x);
    case Activation::kRelu6:
      return at::clamp(x, 0, 6);
    case Activation::kHardSwish:
      return at::hardswish(x);
    default:
      throw std::invalid_argument("no block here has this activation");
  }
}

struct Conv {
  int64_t out = 0, kernel = 1, stride = 1, groups = 1;
  bool same = false;  // TensorFlow's padding
};

// The parameters and buffers of a block by their names, and what the formulas below have in common.
class Weights {
 public:
  Weights(const torch::nn::Module& block, NormMode mode) : mode_(mode) {
    for (const auto& item : block.named_parameters()) state_[item.key()] = item.value().to(at::kDouble);
    for (const auto& item : block.named_buffers()) state_[item.key()] = item.value().to(at::kDouble);
  }

  at::Tensor Get(const std::string& name) {
    used_.insert(name);
    return state_.at(name);
  }

  at::Tensor Convolve(const at::Tensor& x, const std::string& name, const Conv& conv, bool with_bias) {
    const at::Tensor weight = Get(name + ".weight");
    EXPECT_EQ(weight.sizes(), at::IntArrayRef({conv.out, x.size(1) / conv.groups, conv.kernel, conv.kernel})) << name;
    const at::Tensor bias = with_bias ? Get(name + ".bias") : at::Tensor();
    const std::array<int64_t, 2> strides = {conv.stride, conv.stride}, dilation = {1, 1};
    std::array<int64_t, 2> padding = {conv.kernel / 2, conv.kernel / 2};
    at::Tensor padded = x;
    if (conv.same) {
      padding = {0, 0};
      padded = PaddedAsTensorFlow(x, conv);
    }
    return at::conv2d(padded, weight, bias, strides, padding, dilation, conv.groups);
  }

  at::Tensor ConvNorm(const at::Tensor& x, const std::string& name, const Conv& conv) {
    const at::Tensor y = Convolve(x, name + ".conv", conv, /*with_bias=*/false);
    const std::string norm = name + ".norm";
    const bool affine = state_.contains(norm + ".weight"), batch = mode_ != NormMode::kRunning;
    const at::Tensor weight = affine ? Get(norm + ".weight") : at::Tensor();
    const at::Tensor bias = affine ? Get(norm + ".bias") : at::Tensor();
    const at::Tensor mean = Get(norm + ".running_mean"), variance = Get(norm + ".running_var");
    return at::batch_norm(y, weight, bias, batch ? at::Tensor() : mean, batch ? at::Tensor() : variance, batch,
                          kNorm.momentum, kNorm.epsilon, /*cudnn_enabled=*/false);
  }

  at::Tensor LayerNorm(const at::Tensor& x, const std::string& name) {
    const bool affine = state_.contains(name + ".weight");
    const at::Tensor weight = affine ? Get(name + ".weight") : at::Tensor();
    const at::Tensor bias = affine ? Get(name + ".bias") : at::Tensor();
    return at::layer_norm(x.permute({0, 2, 3, 1}), {x.size(1)}, weight, bias, 1e-6).permute({0, 3, 1, 2});
  }

  at::Tensor SqueezeExcite(const at::Tensor& x, const std::string& name, int64_t narrow) {
    at::Tensor y = at::mean(x, {2, 3}, /*keepdim=*/true);
    y = at::relu(Convolve(y, name + ".reduce", {.out = narrow}, /*with_bias=*/true));
    return x * at::hardsigmoid(Convolve(y, name + ".expand", {.out = x.size(1)}, /*with_bias=*/true));
  }

  // Parameters and buffers that the formula has no use for.
  std::vector<std::string> Unused() const {
    std::vector<std::string> names;
    for (const auto& [name, tensor] : state_) {
      if (!used_.contains(name)) names.push_back(name);
    }
    return names;
  }

 private:
  static at::Tensor PaddedAsTensorFlow(const at::Tensor& x, const Conv& conv) {
    const auto missing = [&](int64_t size) {
      const int64_t results = (size + conv.stride - 1) / conv.stride;
      return std::max<int64_t>(0, (results - 1) * conv.stride + conv.kernel - size);
    };
    const int64_t rows = missing(x.size(2)), columns = missing(x.size(3));
    return at::constant_pad_nd(x, {columns / 2, columns - columns / 2, rows / 2, rows - rows / 2});
  }

  NormMode mode_;
  std::map<std::string, at::Tensor> state_;
  std::set<std::string> used_;
};

using Formula = std::function<at::Tensor(Weights& weights, const at::Tensor& x)>;

struct Case {
  BlockSpec spec;
  LayerShape shape;
  Formula formula;

  std::string Text() const {
    std::ostringstream text;
    text << CandidateName(spec) << ' ' << shape.in << " -> " << shape.out << " stride " << shape.stride << " of "
         << shape.input.height << 'x' << shape.input.width;
    return text.str();
  }
};

// Howard et al., figure 4.
at::Tensor Bneck(Weights& weights, const at::Tensor& x, const LayerShape& shape, double expand, bool squeeze_excite,
                 Activation activation, int64_t kernel) {
  const int64_t middle = expand == 1 ? shape.in : MakeDivisible(expand * shape.in, 8);
  at::Tensor y = x;
  if (expand != 1) y = Activated(weights.ConvNorm(y, "expand", {.out = middle}), activation);
  y = weights.ConvNorm(y, "depthwise", {middle, kernel, shape.stride, middle});
  y = Activated(y, activation);
  if (squeeze_excite) y = weights.SqueezeExcite(y, "se", MakeDivisible(static_cast<double>(middle) / 4, 8));
  y = weights.ConvNorm(y, "project", {.out = shape.out});
  return KeepsShape(shape) ? x + y : y;
}

// Han et al., figure 3.
at::Tensor Ghost(Weights& weights, const at::Tensor& x, const LayerShape& shape, double expand, bool squeeze_excite,
                 int64_t kernel) {
  const auto module = [&](const at::Tensor& in, const std::string& name, int64_t out, bool activated) {
    const auto convolved = [&](const at::Tensor& of, const std::string& part, const Conv& conv) {
      const at::Tensor result = weights.ConvNorm(of, name + part, conv);
      return activated ? at::relu(result) : result;
    };
    const at::Tensor primary = convolved(in, "_primary", {.out = out / 2});
    return at::cat({primary, convolved(primary, "_cheap", {out / 2, 3, 1, out / 2})}, 1);
  };
  const int64_t middle = MakeDivisible(expand * shape.in, 4);
  at::Tensor y = module(x, "expand", middle, true);
  if (shape.stride != 1) y = weights.ConvNorm(y, "depthwise", {middle, kernel, shape.stride, middle, true});
  if (squeeze_excite) y = weights.SqueezeExcite(y, "se", MakeDivisible(static_cast<double>(middle) / 4, 4));
  y = module(y, "project", shape.out, false);
  if (KeepsShape(shape)) return y + x;
  const at::Tensor shortcut =
      weights.ConvNorm(x, "shortcut_depthwise", {shape.in, kernel, shape.stride, shape.in, true});
  return y + weights.ConvNorm(shortcut, "shortcut", {.out = shape.out});
}

// Liu et al., figure 4.
at::Tensor ConvNeXt(Weights& weights, const at::Tensor& x, int64_t expand, int64_t kernel) {
  const int64_t channels = x.size(1);
  at::Tensor y = weights.Convolve(x, "depthwise", {channels, kernel, 1, channels}, true);
  y = at::gelu(weights.Convolve(weights.LayerNorm(y, "norm"), "widen", {.out = expand * channels}, true));
  y = weights.Convolve(y, "narrow", {.out = channels}, true);
  return x + y * weights.Get("scale.weight").view({1, -1, 1, 1});
}

// MobileNetV2's block, padded as TensorFlow does.
at::Tensor MbConv(Weights& weights, const at::Tensor& x, const LayerShape& shape, double expand, int64_t kernel) {
  const int64_t middle = std::lround(expand * shape.in);
  at::Tensor y = x;
  if (expand != 1) y = at::clamp(weights.ConvNorm(y, "expand", {.out = middle}), 0, 6);
  y = at::clamp(weights.ConvNorm(y, "depthwise", {middle, kernel, shape.stride, middle, true}), 0, 6);
  y = weights.ConvNorm(y, "project", {.out = shape.out});
  return KeepsShape(shape) ? x + y : y;
}

constexpr std::array<Size, 2> kSizes = {{{8, 6}, {7, 5}}};  // where padding as TensorFlow's is even, and where not

std::vector<LayerShape> Shapes() {
  std::vector<LayerShape> shapes;
  for (const Size size : kSizes) {
    shapes.insert(shapes.end(), {{16, 16, 1, size}, {16, 24, 1, size}, {16, 24, 2, size}, {16, 16, 2, size}});
  }
  return shapes;
}

void AddMobileNetV3(std::vector<Case>& cases) {
  for (const LayerShape& shape : Shapes()) {
    for (const double expand : {1.0, 2.3, 3.0}) {
      for (const bool se : {false, true}) {
        for (const int kernel : {3, 5}) {
          const Activation activation = kernel == 3 ? Activation::kRelu : Activation::kHardSwish;
          const Values values = {{"expand", expand},
                                 {"squeeze_excite", se ? 1.0 : 0.0},
                                 {"activation", activation},
                                 {"kernel", double{1} * kernel}};
          cases.push_back({ShippedBlock("mobilenet_v3", "bneck", values), shape, [=](Weights& w, const at::Tensor& x) {
                             return Bneck(w, x, shape, expand, se, activation, kernel);
                           }});
        }
      }
    }
  }
}

void AddGhostNet(std::vector<Case>& cases) {
  for (const LayerShape& shape : Shapes()) {
    for (const double expand : {1.0, 2.3, 6.0}) {
      for (const bool se : {false, true}) {
        for (const int kernel : {3, 5}) {
          if (kernel != 3 && KeepsShape(shape)) continue;
          const Values values = {
              {"expand", expand}, {"squeeze_excite", se ? 1.0 : 0.0}, {"kernel", double{1} * kernel}};
          cases.push_back({ShippedBlock("ghostnet", "ghost", values), shape,
                           [=](Weights& w, const at::Tensor& x) { return Ghost(w, x, shape, expand, se, kernel); }});
        }
      }
    }
  }
}

void AddConvNeXt(std::vector<Case>& cases) {
  for (const Size size : kSizes) {
    const LayerShape same{16, 16, 1, size};
    for (const int expand : {2, 4}) {
      for (const int kernel : {3, 5, 7}) {
        const Values values = {{"expand", double{1} * expand}, {"kernel", double{1} * kernel}};
        cases.push_back({ShippedBlock("convnext", "convnext", values), same,
                         [=](Weights& w, const at::Tensor& x) { return ConvNeXt(w, x, expand, kernel); }});
      }
    }
    cases.push_back({ShippedBlock("convnext", "convnext_down"), {16, 24, 2, size}, [](Weights& w, const at::Tensor& x) {
                       return w.Convolve(w.LayerNorm(x, "norm"), "conv", {24, 2, 2, 1, true}, true);
                     }});
    for (const int stride : {2, 4}) {
      cases.push_back(
          {ShippedBlock("convnext", "convnext_stem"), {3, 12, stride, size}, [=](Weights& w, const at::Tensor& x) {
             return w.LayerNorm(w.Convolve(x, "conv", {12, stride, stride, 1, true}, true), "norm");
           }});
    }
    cases.push_back({ShippedBlock("convnext", "layer_norm"), same,
                     [](Weights& w, const at::Tensor& x) { return w.LayerNorm(x, "norm"); }});
  }
}

void AddEfficientNetLite(std::vector<Case>& cases) {
  for (const LayerShape& shape : Shapes()) {
    for (const double expand : {1.0, 1.19, 6.0}) {
      for (const int kernel : {3, 5}) {
        const Values values = {{"expand", expand}, {"kernel", double{1} * kernel}};
        cases.push_back({ShippedBlock("efficientnet_lite", "mbconv", values), shape,
                         [=](Weights& w, const at::Tensor& x) { return MbConv(w, x, shape, expand, kernel); }});
      }
    }
    cases.push_back({ShippedBlock("efficientnet_lite", "conv_same"), shape, [=](Weights& w, const at::Tensor& x) {
                       return at::clamp(w.ConvNorm(x, "conv", {shape.out, 3, shape.stride, 1, true}), 0, 6);
                     }});
  }
}

const std::vector<Case>& Cases() {
  static const std::vector<Case> cases = [] {
    std::vector<Case> made;
    AddMobileNetV3(made);
    AddGhostNet(made);
    AddConvNeXt(made);
    AddEfficientNetLite(made);
    return made;
  }();
  return cases;
}

std::shared_ptr<Block> RandomBlock(const Case& c, bool affine, NormMode mode, at::ScalarType type) {
  const auto block = MakeBlock(c.spec, c.shape, kNorm, affine);
  block->to(type);
  test::RandomiseState(*block, 1);
  SetNormMode(*block, mode);
  return block;
}

at::Tensor Input(const Case& c, at::ScalarType type) {
  return test::RandomImages({kBatch, c.shape.in, c.shape.input.height, c.shape.input.width}, 2, type);
}

void ExpectEqualsFormula(const Case& c, bool affine, NormMode mode, at::ScalarType type, double tolerance) {
  const auto block = RandomBlock(c, affine, mode, type);
  Weights weights(*block, mode);
  const at::Tensor x = Input(c, type);
  const at::Tensor before = x.clone();
  const at::Tensor expected = c.formula(weights, x.to(at::kDouble));
  ExpectClose(block->forward(x), expected, tolerance, tolerance);
  test::ExpectSameBits(x, before);
  EXPECT_EQ(expected.sizes(), at::IntArrayRef({kBatch, c.shape.out, c.shape.output().height, c.shape.output().width}));
  EXPECT_THAT(weights.Unused(), testing::IsEmpty());
}

TEST(DefinedBlock, EqualsItsFormula) {
  const at::NoGradGuard no_gradient;
  for (const Case& c : Cases()) {
    for (const NormMode mode : {NormMode::kBatch, NormMode::kRunning}) {
      SCOPED_TRACE(c.Text());
      ExpectEqualsFormula(c, /*affine=*/true, mode, at::kDouble, 1e-10);
      ExpectEqualsFormula(c, /*affine=*/true, mode, at::kFloat, 1e-4);
      ExpectEqualsFormula(c, /*affine=*/false, mode, at::kFloat, 1e-4);
    }
  }
}

TEST(DefinedBlock, GradientsEqualThoseOfItsFormula) {
  for (const Case& c : Cases()) {
    SCOPED_TRACE(c.Text());
    const auto block = RandomBlock(c, /*affine=*/true, NormMode::kBatch, at::kDouble);
    std::vector<at::Tensor> inputs = block->parameters();
    inputs.push_back(Input(c, at::kDouble).requires_grad_(true));
    Weights weights(*block, NormMode::kBatch);
    const at::Tensor expected = c.formula(weights, inputs.back());
    test::ExpectSameGradients(block->forward(inputs.back()), expected, inputs);
  }
}

TEST(DefinedBlock, IsTheSameInBothLayouts) {
  for (const at::MemoryFormat layout : {at::MemoryFormat::ChannelsLast, at::MemoryFormat::Contiguous}) {
    for (const Case& c : Cases()) {
      SCOPED_TRACE(c.Text() + ", layout " + std::to_string(static_cast<int>(layout)));
      const auto block = RandomBlock(c, /*affine=*/true, NormMode::kBatchFrozen, at::kDouble);
      const at::Tensor expected = block->forward(Input(c, at::kDouble));
      test::SetLayout(*block, layout);
      const at::Tensor x = Input(c, at::kDouble).contiguous(layout).requires_grad_(true), y = block->forward(x);
      ExpectClose(y, expected, 1e-12, 1e-12);
      EXPECT_TRUE(y.is_contiguous(layout));
      y.square().sum().backward();
      EXPECT_TRUE(x.grad().is_contiguous(layout));
    }
  }
}

// What is tested above is also what the small space has.
TEST(DefinedBlock, TheSmallSpaceHasTheSameDefinitions) {
  const std::map<std::string, std::string> spaces = {{"bneck", "mobilenet_v3"},         {"ghost", "ghostnet"},
                                                     {"convnext", "convnext"},          {"convnext_stem", "convnext"},
                                                     {"convnext_down", "convnext"},     {"mbconv", "efficientnet_lite"},
                                                     {"conv_same", "efficientnet_lite"}};
  for (const auto& [name, space] : spaces) {
    EXPECT_EQ(ShippedDefinition("defined_small", name)->ToJson().dump(2),
              ShippedDefinition(space, name)->ToJson().dump(2));
    EXPECT_TRUE(*ShippedDefinition("defined_small", name) == *ShippedDefinition(space, name)) << name;
  }
}

// ConvNeXt's scales, and no norms' weights in a supernet.
TEST(DefinedBlock, WeightsBeginAsTheFileSays) {
  const auto supernet = std::make_shared<Supernet>(LoadSpace("defined_small").space, SupernetOptions{});
  InitializeWeights(*supernet, 1);
  int scales = 0;
  for (const auto& [name, tensor] : StateOf(*supernet)) {
    EXPECT_FALSE(name.ends_with("norm.weight") || name.ends_with("norm.bias")) << name;
    if (!name.ends_with("scale.weight")) continue;
    ++scales;
    ExpectClose(tensor, at::full_like(tensor, 1e-6), 1e-12);
  }
  EXPECT_EQ(scales, 3);
}

}  // namespace
}  // namespace danas
