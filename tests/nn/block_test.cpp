#include "danas/nn/block.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <set>

#include "danas/arch/channel_order.h"
#include "danas/core/error.h"
#include "danas/nn/norm.h"
#include "tests/nn/nn_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectClose;

constexpr NormSpec kNorm{.momentum = 0.1, .epsilon = 1e-3};
constexpr int64_t kBatch = 3;  // no channel count of the cases below

// A block's formula in NCHW, from its parameters alone: convolutions as products with unfolded images, batch norm and
// activations written out.
class Reference {
 public:
  Reference(const torch::nn::Module& block, NormMode mode, at::ScalarType type) : mode_(mode) {
    for (const auto& item : block.named_parameters()) state_[item.key()] = item.value().to(type);
    for (const auto& item : block.named_buffers()) state_[item.key()] = item.value().to(type);
  }

  // `stage_place`: of a block that keeps the order of channels.
  at::Tensor Forward(const BlockSpec& spec, const LayerShape& shape, const at::Tensor& x,
                     std::optional<int> stage_place) {
    if (stage_place && shape.stride == 1 && ShufflesChannels(spec.kind)) {
      return InPlace(spec, shape, x, *stage_place);
    }
    switch (spec.kind) {
      case BlockKind::kInvertedResidual:
        return InvertedResidual(spec, shape, x);
      case BlockKind::kShuffleA:
      case BlockKind::kShuffleX:
        return Shuffle(spec, shape, x);
      case BlockKind::kShuffleV1:
        return ShuffleV1(spec, shape, x);
      case BlockKind::kShuffleV2:
        return ShuffleV2(spec, shape, x);
      case BlockKind::kResidual:
        return Residual(spec, shape, x);
      case BlockKind::kBasic:
        return Basic(spec, shape, x);
      case BlockKind::kDepthwiseSeparable:
        return ConvNorm(ConvNorm(x, "op", Operator(spec, x, shape.stride), spec.activation), "conv", {.out = shape.out},
                        spec.activation);
      case BlockKind::kConvolution:
        return test::PlainlyActivated(
            Convolve(x, "conv", {shape.out, spec.op.kernel, shape.stride, 1}) + PerChannel(State("conv.bias")),
            spec.activation);
      case BlockKind::kDeconvolution:
        return test::PlainlyActivated(Normalise(Deconvolve(spec, shape, x), "deconv.norm"), spec.activation);
      case BlockKind::kMaxPool:
        return MaxPool(spec.op.kernel, shape.stride, x);
      case BlockKind::kIdentity:
        return KeepsShape(shape) ? x : ConvNorm(x, "project", {.out = shape.out, .stride = shape.stride});
      case BlockKind::kDefined:
        break;  // tests/nn/defined_block_test.cpp
    }
    throw std::invalid_argument("unknown block kind");
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
  struct Conv {
    int64_t out = 0, kernel = 1, stride = 1, groups = 1;
  };

  at::Tensor State(const std::string& name) {
    used_.insert(name);
    return state_.at(name);
  }

  at::Tensor Convolve(const at::Tensor& x, const std::string& name, const Conv& conv) {
    const at::Tensor weight = State(name + ".weight");
    EXPECT_EQ(weight.sizes(), at::IntArrayRef({conv.out, x.size(1) / conv.groups, conv.kernel, conv.kernel})) << name;
    const int64_t height = (x.size(2) + conv.stride - 1) / conv.stride;
    const int64_t width = (x.size(3) + conv.stride - 1) / conv.stride;
    const int64_t padding = (conv.kernel - 1) / 2;
    const at::Tensor columns =
        at::im2col(x.contiguous(), {conv.kernel, conv.kernel}, {1, 1}, {padding, padding}, {conv.stride, conv.stride})
            .view({x.size(0), conv.groups, -1, height * width});
    const at::Tensor filters = weight.contiguous().view({1, conv.groups, conv.out / conv.groups, -1});
    return at::matmul(filters, columns).reshape({x.size(0), conv.out, height, width});
  }

  // Every pixel of x spreads its k x k filters over the result, whose edges are cut off.
  at::Tensor Deconvolve(const BlockSpec& spec, const LayerShape& shape, const at::Tensor& x) {
    const at::Tensor weight = State("deconv.conv.weight");
    const int64_t groups = spec.groups, k = spec.op.kernel, s = shape.upsample, height = x.size(2), width = x.size(3);
    EXPECT_EQ(weight.sizes(), at::IntArrayRef({shape.in, shape.out / groups, k, k}));
    const at::Tensor filters = weight.contiguous().view({1, groups, shape.in / groups, -1}).transpose(2, 3);
    const at::Tensor columns = at::matmul(filters, x.contiguous().view({x.size(0), groups, shape.in / groups, -1}));
    const at::Tensor spread = at::col2im(columns.reshape({x.size(0), shape.out * k * k, height * width}),
                                         {(height - 1) * s + k, (width - 1) * s + k}, {k, k}, {1, 1}, {0, 0}, {s, s});
    const int64_t cut = (k - s + 1) / 2;
    return spread.slice(2, cut, cut + height * s).slice(3, cut, cut + width * s);
  }

  static at::Tensor PerChannel(const at::Tensor& c) { return c.view({1, -1, 1, 1}); }

  at::Tensor Normalise(const at::Tensor& x, const std::string& name) {
    at::Tensor mean = PerChannel(State(name + ".running_mean")), variance = PerChannel(State(name + ".running_var"));
    if (mode_ != NormMode::kRunning) {
      mean = x.mean({0, 2, 3}, true);
      variance = (x - mean).square().mean({0, 2, 3}, true);
    }
    const at::Tensor y = (x - mean) / (variance + kNorm.epsilon).sqrt();
    if (!state_.contains(name + ".weight")) return y;
    return y * PerChannel(State(name + ".weight")) + PerChannel(State(name + ".bias"));
  }

  at::Tensor ConvNorm(const at::Tensor& x, const std::string& name, const Conv& conv) {
    return Normalise(Convolve(x, name + ".conv", conv), name + ".norm");
  }
  at::Tensor ConvNorm(const at::Tensor& x, const std::string& name, const Conv& conv, Activation activation) {
    return test::PlainlyActivated(ConvNorm(x, name, conv), activation);
  }

  // The operator on the channels of x.
  static Conv Operator(const BlockSpec& spec, const at::Tensor& x, int64_t stride) {
    const int64_t channels = x.size(1);
    return {channels, spec.op.kernel, stride, spec.op.kind == OperatorKind::kDepthwise ? channels : 1};
  }

  at::Tensor InvertedResidual(const BlockSpec& spec, const LayerShape& shape, const at::Tensor& x) {
    const auto middle = static_cast<int64_t>(std::floor(spec.expand * shape.in + 0.5));
    at::Tensor y = x;
    if (spec.fused) {
      y = ConvNorm(y, "op", {middle, spec.op.kernel, shape.stride, 1}, spec.activation);
    } else {
      if (spec.expand != 1) y = ConvNorm(y, "expand", {.out = middle}, spec.activation);
      y = ConvNorm(y, "op", Operator(spec, y, shape.stride), spec.activation);
    }
    if (spec.squeeze_excite) {
      const int64_t squeezed = std::max(8, shape.in / 4);
      const at::Tensor pooled = y.flatten(2).mean(2).view({y.size(0), middle, 1, 1});
      const at::Tensor narrow = test::PlainlyActivated(
          Convolve(pooled, "se.reduce", {.out = squeezed}) + PerChannel(State("se.reduce.bias")), Activation::kRelu);
      const at::Tensor wide = Convolve(narrow, "se.expand", {.out = middle}) + PerChannel(State("se.expand.bias"));
      y = y / (1 + (-wide).exp());
    }
    y = ConvNorm(y, "project", {.out = shape.out});
    return KeepsShape(shape) ? x + y : y;
  }

  at::Tensor Shuffle(const BlockSpec& spec, const LayerShape& shape, const at::Tensor& x) {
    const Activation activation = spec.activation;
    at::Tensor pass, y = x;
    if (shape.stride == 1) {
      pass = at::index_select(x, 1, at::arange(0, shape.in, 2));
      y = at::index_select(x, 1, at::arange(1, shape.in, 2));
    } else {
      const Conv depthwise{shape.in, spec.op.kernel, 2, shape.in};
      pass = ConvNorm(ConvNorm(x, "shortcut_op", depthwise), "shortcut_conv", {.out = shape.in}, activation);
    }
    const int64_t middle = shape.out / 2, last = shape.out - pass.size(1);
    if (spec.kind == BlockKind::kShuffleA) {
      y = ConvNorm(y, "branch.expand", {.out = middle}, activation);
      y = ConvNorm(y, "branch.op", Operator(spec, y, shape.stride));
      y = ConvNorm(y, "branch.project", {.out = last}, activation);
    } else {
      y = ConvNorm(y, "branch.op1", Operator(spec, y, shape.stride));
      y = ConvNorm(y, "branch.conv1", {.out = middle}, activation);
      y = ConvNorm(y, "branch.op2", Operator(spec, y, 1));
      y = ConvNorm(y, "branch.conv2", {.out = middle}, activation);
      y = ConvNorm(y, "branch.op3", Operator(spec, y, 1));
      y = ConvNorm(y, "branch.conv3", {.out = last}, activation);
    }
    return at::cat({pass, y}, 1);
  }

  // The block as published on channels that were shuffled before, and shuffled back behind it: SPOS's once for each
  // layer of the stage so far, of which the last is its own; ShuffleNetV2's the other way round.
  at::Tensor InPlace(const BlockSpec& spec, const LayerShape& shape, const at::Tensor& x, int place) {
    const auto shuffled = [](at::Tensor y, int times) {
      const int64_t half = y.size(1) / 2;
      for (; times > 0; --times) y = y.unflatten(1, {half, 2}).transpose(1, 2).flatten(1, 2);
      for (; times < 0; ++times) y = y.unflatten(1, {2, half}).transpose(1, 2).flatten(1, 2);
      return y;
    };
    if (spec.kind == BlockKind::kShuffleV2) return shuffled(ShuffleV2(spec, shape, shuffled(x, 1 - place)), place);
    return shuffled(Shuffle(spec, shape, shuffled(x, place - 1)), -place);
  }

  at::Tensor ShuffleV1(const BlockSpec& spec, const LayerShape& shape, const at::Tensor& x) {
    const int64_t groups = spec.groups, middle = shape.out / 4, images = x.size(0);
    at::Tensor y = ConvNorm(x, "entry", {.out = middle, .groups = spec.dense_entry ? 1 : groups}, spec.activation);
    y = y.reshape({images, groups, middle / groups, y.size(2), y.size(3)}).transpose(1, 2).reshape(y.sizes());
    y = ConvNorm(y, "op", Operator(spec, y, shape.stride));
    const bool halves = shape.stride == 2;
    y = ConvNorm(y, "project", {.out = halves ? shape.out - shape.in : shape.out, .groups = groups});
    if (!halves) return test::PlainlyActivated(x + y, spec.activation);
    const at::Tensor windows = at::im2col(x.contiguous(), {3, 3}, {1, 1}, {1, 1}, {2, 2});
    const at::Tensor pass =
        windows.view({images, shape.in, 9, -1}).mean(2).view({images, shape.in, y.size(2), y.size(3)});
    return test::PlainlyActivated(at::cat({pass, y}, 1), spec.activation);
  }

  at::Tensor ShuffleV2(const BlockSpec& spec, const LayerShape& shape, const at::Tensor& x) {
    const int64_t half = shape.out / 2;
    at::Tensor pass, y = x;
    if (shape.stride == 1) {
      pass = x.narrow(1, 0, half);
      y = x.narrow(1, half, half);
    } else {
      const Conv depthwise{shape.in, spec.op.kernel, 2, shape.in};
      pass = ConvNorm(ConvNorm(x, "shortcut_op", depthwise), "shortcut_conv", {.out = half}, spec.activation);
    }
    y = ConvNorm(y, "expand", {.out = half}, spec.activation);
    y = ConvNorm(y, "op", Operator(spec, y, shape.stride));
    y = ConvNorm(y, "project", {.out = half}, spec.activation);
    std::vector<at::Tensor> channels;
    for (int64_t c = 0; c < half; ++c) {
      channels.push_back(pass.select(1, c));
      channels.push_back(y.select(1, c));
    }
    return at::stack(channels, 1);
  }

  at::Tensor Basic(const BlockSpec& spec, const LayerShape& shape, const at::Tensor& x) {
    at::Tensor y = ConvNorm(x, "first", {shape.out, spec.op.kernel, shape.stride, 1}, spec.activation);
    y = ConvNorm(y, "second", {shape.out, spec.op.kernel, 1, 1});
    const at::Tensor shortcut =
        KeepsShape(shape) ? x : ConvNorm(x, "shortcut", {.out = shape.out, .stride = shape.stride});
    return test::PlainlyActivated(y + shortcut, spec.activation);
  }

  // Every pixel lies in a window: what a window has beyond the image counts for nothing.
  static at::Tensor MaxPool(int64_t kernel, int64_t stride, const at::Tensor& x) {
    const int64_t before = kernel % 2 == 0 ? 0 : kernel / 2;
    const auto windows = [&](int64_t size) { return (size + stride - 1) / stride; };
    const auto after = [&](int64_t size) { return (windows(size) - 1) * stride + kernel - before - size; };
    const at::Tensor padded = at::constant_pad_nd(
        x, {before, std::max<int64_t>(0, after(x.size(3))), before, std::max<int64_t>(0, after(x.size(2)))}, -1e30);
    at::Tensor largest;
    for (int64_t i = 0; i < kernel; ++i) {
      for (int64_t j = 0; j < kernel; ++j) {
        const at::Tensor shifted = padded.slice(2, i, i + (windows(x.size(2)) - 1) * stride + 1, stride)
                                       .slice(3, j, j + (windows(x.size(3)) - 1) * stride + 1, stride);
        largest = largest.defined() ? at::maximum(largest, shifted) : shifted;
      }
    }
    return largest;
  }

  at::Tensor Residual(const BlockSpec& spec, const LayerShape& shape, const at::Tensor& x) {
    at::Tensor y = ConvNorm(x, "reduce", {.out = shape.out / spec.reduction}, spec.activation);
    y = ConvNorm(y, "op", Operator(spec, y, shape.stride), spec.activation);
    y = ConvNorm(y, "expand", {.out = shape.out});
    const at::Tensor shortcut =
        KeepsShape(shape) ? x : ConvNorm(x, "shortcut", {.out = shape.out, .stride = shape.stride});
    return test::PlainlyActivated(y + shortcut, spec.activation);
  }

  NormMode mode_;
  std::map<std::string, at::Tensor> state_;
  std::set<std::string> used_;
};

struct Case {
  BlockSpec spec;
  LayerShape shape;
  std::optional<int> stage_place = {};
  std::string Text() const {
    std::ostringstream text;
    if (stage_place) text << "in order at place " << *stage_place << ", ";
    text << CandidateName(spec) << ' ' << shape.in << " -> " << shape.out << ' ' << ScaleText(shape);
    return text.str();
  }
};

constexpr Size kSize{7, 6};  // an odd and an even side
constexpr LayerShape kSame{8, 8, 1, kSize}, kWider{8, 12, 1, kSize}, kDown{8, 12, 2, kSize}, kDownSame{8, 8, 2, kSize};
// Strides that the fused kernels do not know, up to one beyond the map.
const std::vector<LayerShape> kFarDown = {{8, 12, 3, kSize}, {8, 8, 5, kSize}, {8, 12, 16, kSize}};

const std::vector<LayerShape> kGrouped = {{16, 16, 1, kSize}, {16, 32, 2, kSize}};

std::vector<Case> Cases() {
  std::vector<Case> cases;
  const auto add = [&cases](const BlockSpec& spec, const std::vector<LayerShape>& shapes) {
    for (const LayerShape& shape : shapes) cases.push_back({spec, shape});
  };
  std::vector<OperatorSpec> operators;
  for (const int kernel : {3, 5, 7}) operators.push_back({OperatorKind::kDepthwise, kernel});
  for (const int kernel : {3, 5}) operators.push_back({OperatorKind::kNormal, kernel});
  for (const OperatorSpec& op : operators) {
    for (const double expand : {1.0, 3.0, 6.0}) {
      add({.op = op, .expand = expand}, {kSame, kWider, kDown, kDownSame});
      add({.op = op, .expand = expand, .squeeze_excite = true}, {kSame, kDown});
      const bool dense = op.kind == OperatorKind::kNormal;
      if (dense) add({.op = op, .expand = expand, .fused = true}, {kSame, kDown});
    }
    for (const BlockKind kind : {BlockKind::kShuffleA, BlockKind::kShuffleX}) {
      add({.kind = kind, .op = op, .activation = Activation::kRelu}, {kSame, kDown});
    }
    add({.kind = BlockKind::kShuffleV1, .op = op, .activation = Activation::kRelu, .groups = 2}, kGrouped);
    add({.kind = BlockKind::kShuffleV2, .op = op, .activation = Activation::kRelu}, {kSame, kDown});
    add({.kind = BlockKind::kResidual, .op = op, .activation = Activation::kRelu}, {kSame, kWider, kDown, kDownSame});
    add({.kind = BlockKind::kDepthwiseSeparable, .op = op, .activation = Activation::kRelu}, {kSame, kWider, kDown});
    if (op.kind != OperatorKind::kNormal) continue;
    for (const BlockKind kind : {BlockKind::kBasic, BlockKind::kConvolution}) {
      add({.kind = kind, .op = op, .activation = Activation::kRelu}, {kSame, kWider, kDown, kDownSame});
    }
  }
  const OperatorSpec dense{OperatorKind::kNormal, 3};
  add({.kind = BlockKind::kResidual, .op = dense, .reduction = 4}, {{8, 16, 1, kSize}, {16, 16, 1, kSize}});
  for (const int groups : {1, 4}) add({.kind = BlockKind::kShuffleV1, .groups = groups}, kGrouped);
  add({.kind = BlockKind::kShuffleV1, .groups = 4, .dense_entry = true}, {{20, 32, 2, kSize}});
  for (const int kernel : {3, 5}) add({.kind = BlockKind::kMaxPool, .op = {.kernel = kernel}}, {kSame, kDownSame});
  add({.kind = BlockKind::kMaxPool, .op = {.kernel = 2}}, {kDownSame});
  add({.kind = BlockKind::kMaxPool, .op = {.kernel = 4}}, {{8, 8, 4, kSize}, {8, 8, 4, {8, 4}}});
  for (const double expand : {1.0, 3.0}) {
    add({.op = {.kernel = 5}, .expand = expand}, kFarDown);
    add({.expand = expand, .squeeze_excite = true}, kFarDown);
  }
  for (const BlockKind kind : {BlockKind::kResidual, BlockKind::kDepthwiseSeparable}) add({.kind = kind}, kFarDown);
  for (const BlockKind kind : {BlockKind::kBasic, BlockKind::kConvolution}) {
    add({.kind = kind, .op = {OperatorKind::kNormal, 3}}, kFarDown);
  }
  for (const int kernel : {1, 3, 31}) add({.kind = BlockKind::kMaxPool, .op = {.kernel = kernel}}, {kFarDown[1]});
  add({.kind = BlockKind::kMaxPool, .op = {.kernel = 6}}, {{8, 8, 6, kSize}});
  add({.kind = BlockKind::kIdentity, .project = true}, kFarDown);
  for (const int groups : {1, 2, 4}) {
    for (const int kernel : {2, 3, 4, 5}) {
      add({.kind = BlockKind::kDeconvolution,
           .op = {.kernel = kernel},
           .activation = Activation::kRelu,
           .groups = groups},
          {{8, 8, 1, kSize, 2}, {8, 12, 1, kSize, 2}});
    }
  }
  add({.kind = BlockKind::kDeconvolution, .op = {.kernel = 4}, .activation = Activation::kSwish},
      {{8, 8, 1, kSize, 3}});
  add({.expand = 1.19}, {kSame});  // 9.52 channels
  add({.op = {OperatorKind::kNormal, 3}, .expand = 3, .squeeze_excite = true, .fused = true}, {kDown});
  add({.expand = 3, .squeeze_excite = true}, {{40, 40, 1, kSize}});  // squeezed to a quarter of 40, above 8
  for (const Activation activation : {Activation::kRelu, Activation::kRelu6, Activation::kHardSwish, Activation::kSwish,
                                      Activation::kSigmoid, Activation::kHardSigmoid, Activation::kGelu}) {
    add({.activation = activation, .expand = 3}, {kDown});
    for (const BlockKind kind : {BlockKind::kShuffleA, BlockKind::kShuffleX, BlockKind::kShuffleV2,
                                 BlockKind::kResidual, BlockKind::kDepthwiseSeparable}) {
      add({.kind = kind, .activation = activation}, {kSame, kDown});
    }
    add({.kind = BlockKind::kShuffleV1, .activation = activation}, kGrouped);
    for (const BlockKind kind : {BlockKind::kBasic, BlockKind::kConvolution}) {
      add({.kind = kind, .op = dense, .activation = activation}, {kSame, kDown});
    }
  }
  for (const BlockKind kind : {BlockKind::kShuffleA, BlockKind::kShuffleX, BlockKind::kShuffleV2}) {
    for (const int place : {1, 2, 3, 9}) {
      cases.push_back({{.kind = kind, .activation = Activation::kRelu}, kSame, place});
      cases.push_back({{.kind = kind, .op = dense}, {20, 20, 1, kSize}, place});
    }
    cases.push_back({{.kind = kind}, kDown, 0});
  }
  cases.push_back({{.kind = BlockKind::kShuffleV1, .groups = 2}, kGrouped[0], 2});
  add({.kind = BlockKind::kIdentity}, {kSame});
  add({.kind = BlockKind::kIdentity, .project = true}, {kSame, kWider, kDown, kDownSame});
  return cases;
}

std::shared_ptr<Block> RandomBlock(const Case& c, bool affine, NormMode mode, at::ScalarType type,
                                   KernelChoice kernels = KernelChoice::kAuto) {
  const auto block = MakeBlock(c.spec, c.shape, kNorm, affine, kernels, c.stage_place);
  block->to(type);
  test::RandomiseState(*block, 1);
  SetNormMode(*block, mode);
  return block;
}

at::Tensor Input(const Case& c, at::ScalarType type) {
  return test::RandomImages({kBatch, c.shape.in, c.shape.input.height, c.shape.input.width}, 2, type);
}

void ExpectEqualsReference(const Case& c, bool affine, NormMode mode, at::ScalarType type, double tolerance) {
  const auto block = RandomBlock(c, affine, mode, type);
  Reference reference(*block, mode, at::kDouble);
  const at::Tensor x = Input(c, type);
  const at::Tensor before = x.clone();
  const at::Tensor expected = reference.Forward(c.spec, c.shape, x.to(at::kDouble), c.stage_place);
  ExpectClose(block->forward(x), expected, tolerance, tolerance);
  test::ExpectSameBits(x, before);
  EXPECT_EQ(expected.sizes(), at::IntArrayRef({kBatch, c.shape.out, c.shape.output().height, c.shape.output().width}));
  EXPECT_THAT(reference.Unused(), testing::IsEmpty());
}

TEST(Block, EqualsItsFormula) {
  const at::NoGradGuard no_gradient;
  for (const Case& c : Cases()) {
    for (const NormMode mode : {NormMode::kBatch, NormMode::kRunning}) {
      SCOPED_TRACE(c.Text());
      ExpectEqualsReference(c, /*affine=*/true, mode, at::kDouble, 1e-10);
      ExpectEqualsReference(c, /*affine=*/true, mode, at::kFloat, 1e-5);
      ExpectEqualsReference(c, /*affine=*/false, mode, at::kFloat, 1e-5);
    }
  }
}

TEST(Block, GradientsEqualThoseOfItsFormula) {
  for (const Case& c : Cases()) {
    SCOPED_TRACE(c.Text());
    const auto block = RandomBlock(c, /*affine=*/true, NormMode::kBatch, at::kDouble);
    std::vector<at::Tensor> inputs = block->parameters();
    inputs.push_back(Input(c, at::kDouble).requires_grad_(true));
    Reference reference(*block, NormMode::kBatch, at::kDouble);
    const at::Tensor expected = reference.Forward(c.spec, c.shape, inputs.back(), c.stage_place);
    test::ExpectSameGradients(block->forward(inputs.back()), expected, inputs);
  }
}

TEST(Block, StaysInItsLayout) {
  for (const at::MemoryFormat layout : {at::MemoryFormat::ChannelsLast, at::MemoryFormat::Contiguous}) {
    for (const Case& c : Cases()) {
      SCOPED_TRACE(c.Text() + ", layout " + std::to_string(static_cast<int>(layout)));
      // The fused kernels know channels_last alone.
      const auto kernels = layout == at::MemoryFormat::ChannelsLast ? KernelChoice::kAuto : KernelChoice::kAten;
      const auto block = RandomBlock(c, /*affine=*/false, NormMode::kBatch, at::kFloat, kernels);
      test::SetLayout(*block, layout);
      const at::Tensor x = Input(c, at::kFloat).contiguous(layout).requires_grad_(true);
      const Size size = c.shape.output();
      const at::Tensor gradient =
          test::RandomImages({kBatch, c.shape.out, size.height, size.width}, 3).contiguous(layout);
      at::Tensor y;
      EXPECT_THAT(test::OperatorsOutside(layout, kBatch, [&] { (y = block->forward(x)).backward(gradient); }),
                  testing::IsEmpty());
      EXPECT_TRUE(y.is_contiguous(layout));
      EXPECT_TRUE(x.grad().is_contiguous(layout));
    }
  }
}

TEST(Block, IsTheSameInBothLayouts) {
  for (const Case& c : Cases()) {
    SCOPED_TRACE(c.Text());
    const auto block = RandomBlock(c, /*affine=*/true, NormMode::kBatchFrozen, at::kDouble);
    const at::Tensor x = Input(c, at::kDouble), y = block->forward(x);
    test::SetLayout(*block, at::MemoryFormat::Contiguous);
    ExpectClose(block->forward(x.contiguous()), y, 1e-12, 1e-12);
  }
}

TEST(Block, WatchesLayouts) {
  const at::Tensor x = test::RandomImages({kBatch, 4, 5, 5}, 1);
  EXPECT_THAT(test::OperatorsOutside(at::MemoryFormat::ChannelsLast, kBatch, [&] { at::relu(x.contiguous()); }),
              testing::Contains("aten::relu [3, 4, 5, 5]"));
  EXPECT_THAT(test::OperatorsOutside(at::MemoryFormat::Contiguous, kBatch, [&] { at::relu(x); }),
              testing::Contains("aten::relu [3, 4, 5, 5]"));
}

TEST(Block, RefusesWhereItCannotStand) {
  const BlockSpec shuffle{.kind = BlockKind::kShuffleA, .activation = Activation::kRelu};
  test::ExpectErrorContains<ConfigError>([&] { MakeBlock(shuffle, kWider, kNorm, true); },
                                         {"shuffle_a_k3 cannot be used between 8 and 12 channels at stride 1"});
  test::ExpectErrorContains<ConfigError>(
      [&] { MakeBlock({.kind = BlockKind::kMaxPool, .op = {.kernel = 2}}, kSame, kNorm, true); },
      {"max_pool_k2 cannot be used", "stride of the same size"});
  test::ExpectErrorContains<ConfigError>([&] { MakeBlock({.kind = BlockKind::kIdentity}, kDown, kNorm, true); },
                                         {"identity cannot be used"});
}

}  // namespace
}  // namespace danas
