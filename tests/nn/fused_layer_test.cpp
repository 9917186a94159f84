// The fused node against the same modules on ATen: many shapes in double, where both agree to rounding, and each level
// of instructions in float32 against double.
#include "danas/nn/fused_layer.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <memory>

#include "danas/core/error.h"
#include "danas/core/random.h"
#include "danas/core/statistics.h"
#include "danas/kernels/level.h"
#include "danas/nn/mixed_layer.h"
#include "tests/arch/own_block.h"
#include "tests/nn/nn_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

struct LayerCase {
  LayerSpec spec;
  int64_t images = 2;
  bool affine = false;
  uint64_t seed = 0;

  std::string Text() const {
    std::ostringstream text;
    text << "seed " << seed << ": " << images << " images " << spec.shape.input.height << "x" << spec.shape.input.width
         << ", " << spec.shape.in << " to " << spec.shape.out << ", stride " << spec.shape.stride
         << (affine ? ", affine:" : ":");
    for (const BlockSpec& block : spec.candidates) text << " " << CandidateName(block);
    return text.str();
  }
};

// Sizes and candidates drawn from a seed: odd maps down to 1x1, channels that fill no register, every kernel.
LayerCase DrawCase(uint64_t seed) {
  RandomStream random(seed, "cases");
  const auto pick = [&](const std::vector<int>& from) { return from[random.UniformInt(from.size())]; };
  LayerCase drawn{.spec = {}, .images = pick({1, 2, 3, 4, 8}), .affine = random.UniformInt(2) == 1, .seed = seed};
  LayerShape& shape = drawn.spec.shape;
  shape.in = pick({1, 3, 5, 8, 16, 17, 24, 40});
  shape.out = random.UniformInt(2) == 1 ? shape.in : pick({1, 3, 8, 13, 24, 32, 40});
  shape.stride = pick({1, 1, 2});
  shape.input = {pick({1, 2, 3, 4, 7, 8, 13}), pick({1, 2, 3, 4, 5, 8, 16})};
  if (drawn.images * shape.output().height * shape.output().width < 2) drawn.images = 2;
  for (const int kernel : {3, 5, 7}) {
    for (const double expand : {1.0, 3.0, 6.0}) {
      const Activation activation = random.UniformInt(2) == 1 ? Activation::kRelu : Activation::kRelu6;
      const BlockSpec block{.op = {.kernel = kernel}, .activation = activation, .expand = expand};
      if (random.UniformInt(3) == 0) drawn.spec.candidates.push_back(block);
    }
  }
  constexpr std::array kInParts = {BlockKind::kShuffleA,  BlockKind::kShuffleX, BlockKind::kShuffleV1,
                                   BlockKind::kShuffleV2, BlockKind::kResidual, BlockKind::kDepthwiseSeparable};
  const BlockSpec in_parts{.kind = kInParts[random.UniformInt(kInParts.size())],
                           .op = {.kernel = pick({3, 5, 7})},
                           .activation = Activation::kRelu};
  if (random.UniformInt(2) == 1 && WhyInvalid(in_parts, shape).empty()) drawn.spec.candidates.push_back(in_parts);
  if (KeepsShape(shape)) drawn.spec.candidates.push_back({.kind = BlockKind::kIdentity});
  if (drawn.spec.candidates.empty() || drawn.spec.candidates[0].kind != BlockKind::kInvertedResidual) {
    drawn.spec.candidates.insert(drawn.spec.candidates.begin(), BlockSpec{.op = {.kernel = 5}, .expand = 4});
  }
  return drawn;
}

// A layer's results: output, then gradients of x, probabilities and parameters, then the running statistics.
struct Results {
  std::vector<std::string> names;
  std::vector<at::Tensor> tensors;
};

Results Compute(const LayerCase& drawn, KernelChoice kernels, at::ScalarType type, const at::Tensor& x_nchw,
                NormMode mode = NormMode::kBatch) {
  const auto made = std::make_shared<MixedLayer>(drawn.spec, NormSpec{}, drawn.affine, NnConfig{.kernels = kernels});
  MixedLayer& layer = *made;
  test::RandomiseState(layer, drawn.seed);
  layer.to(type);
  SetNormMode(layer, mode);
  const auto count = static_cast<int64_t>(drawn.spec.candidates.size());
  const at::Tensor x = x_nchw.detach().clone().to(type).contiguous(at::MemoryFormat::ChannelsLast);
  x.requires_grad_(mode != NormMode::kRunning);
  const at::Tensor p = at::softmax(test::RandomTensor({count}, drawn.seed + 1), 0).detach().requires_grad_(true);
  at::Tensor y;
  {
    const at::AutoGradMode gradients(mode != NormMode::kRunning);
    y = layer.forward(x, {.probability_c = p});
  }
  Results results{{"y"}, {y.detach()}};
  if (mode == NormMode::kRunning) return results;
  y.backward(test::RandomTensor(y.sizes(), drawn.seed + 2).to(type));
  const auto add = [&](const std::string& name, const at::Tensor& tensor) {
    if (!tensor.defined()) return;
    results.names.push_back(name);
    results.tensors.push_back(tensor.detach());
  };
  add("gradient of x", x.grad());
  add("gradient of p", p.grad());
  for (const auto& parameter : layer.named_parameters())
    add("gradient of " + parameter.key(), parameter.value().grad());
  for (const auto& buffer : layer.named_buffers()) add(buffer.key(), buffer.value());
  return results;
}

void ExpectNear(const Results& actual, const Results& expected, double tolerance) {
  ASSERT_EQ(actual.names, expected.names);
  for (size_t i = 0; i < actual.names.size(); ++i) {
    const at::Tensor e = expected.tensors[i].to(at::kDouble), a = actual.tensors[i].to(at::kDouble);
    const double scale = std::max(1e-3, e.norm().item<double>());
    EXPECT_LE((a - e).norm().item<double>(), tolerance * scale) << actual.names[i] << " of size " << scale;
  }
}

constexpr uint64_t kCases = 120;

// The convolutions that ATen computes: a residual block's projection, where it has one.
int64_t LeftToAten(const LayerCase& drawn) {
  return std::ranges::count_if(drawn.spec.candidates, [&](const BlockSpec& block) {
    return block.kind == BlockKind::kResidual && !KeepsShape(drawn.spec.shape);
  });
}

at::Tensor InputOf(const LayerCase& drawn) {
  const LayerShape& shape = drawn.spec.shape;
  return test::RandomTensor({drawn.images, shape.in, shape.input.height, shape.input.width}, drawn.seed + 3);
}

// The convolutions of ATen that `action` runs.
int64_t Convolutions(const std::function<void()>& action) {
  static thread_local int64_t count;
  count = 0;
  const auto look = [](const at::RecordFunction& function) -> std::unique_ptr<at::ObserverContext> {
    if (std::string_view(function.name()) == "aten::convolution") ++count;
    return nullptr;
  };
  const at::CallbackHandle handle = at::addThreadLocalCallback(at::RecordFunctionCallback(look));
  action();
  at::removeCallback(handle);
  return count;
}

// Runs `check` at every level of instructions that this processor has.
void AtEveryLevel(const std::function<void()>& check) {
  const std::string before = kernels::Level();
  for (const std::string& level : kernels::Levels()) {
    SCOPED_TRACE(level);
    kernels::UseLevel(level);
    check();
  }
  if (!before.empty()) kernels::UseLevel(before);
}

// Float32 at each level. The first line of its output names the levels that run.
class FusedLevels : public testing::Test {
 protected:
  void SetUp() override {
    if (kernels::Levels().empty()) GTEST_SKIP() << "this processor has no AVX2, AVX-512 or NEON";
    std::string levels;
    for (const std::string& level : kernels::Levels()) levels += " " + level;
    std::cout << "levels of this processor:" << levels << "\n";
  }
};

TEST(FusedLayer, EqualsAtenInDouble) {
  for (uint64_t seed = 0; seed < kCases; ++seed) {
    const LayerCase drawn = DrawCase(seed);
    SCOPED_TRACE(drawn.Text());
    const at::Tensor x = InputOf(drawn);
    Results fused;
    EXPECT_EQ(Convolutions([&] { fused = Compute(drawn, KernelChoice::kFused, at::kDouble, x); }), LeftToAten(drawn));
    ExpectNear(fused, Compute(drawn, KernelChoice::kAten, at::kDouble, x), 1e-9);
    if (HasFailure()) return;
  }
}

TEST(FusedLayer, EvaluatesAsAtenInDouble) {
  for (uint64_t seed = 0; seed < kCases; ++seed) {
    const LayerCase drawn = DrawCase(seed);
    SCOPED_TRACE(drawn.Text());
    const at::Tensor x = InputOf(drawn);
    Results fused;
    EXPECT_EQ(Convolutions([&] { fused = Compute(drawn, KernelChoice::kFused, at::kDouble, x, NormMode::kRunning); }),
              LeftToAten(drawn));
    ExpectNear(fused, Compute(drawn, KernelChoice::kAten, at::kDouble, x, NormMode::kRunning), 1e-10);
    if (HasFailure()) return;
  }
}

// Float32 rounds values; where one lies at an activation's bound, its gradient may be let through by one program and
// not by the other, and the error jumps from 1e-6 to 1e-3. ATen's own float32 tells the cases apart: where it is near
// its double, no value lies at a bound, and the kernels must be near, too.
bool IsSmooth(const Results& aten, const Results& exact) {
  for (size_t i = 0; i < aten.names.size(); ++i) {
    const at::Tensor e = exact.tensors[i], a = aten.tensors[i].to(at::kDouble);
    if ((a - e).norm().item<double>() > 2e-5 * std::max(1e-3, e.norm().item<double>())) return false;
  }
  return true;
}

using SlowFusedLevels = FusedLevels;

TEST_F(SlowFusedLevels, RoundsAsAtenInFloat) {
  AtEveryLevel([] {
    int64_t smooth = 0;
    for (uint64_t seed = 0; seed < kCases; ++seed) {
      const LayerCase drawn = DrawCase(seed);
      SCOPED_TRACE(drawn.Text());
      const at::Tensor x = InputOf(drawn).to(at::kFloat).to(at::kDouble);
      const Results exact = Compute(drawn, KernelChoice::kAten, at::kDouble, x);
      const Results aten = Compute(drawn, KernelChoice::kAten, at::kFloat, x);
      Results fused;
      EXPECT_EQ(Convolutions([&] { fused = Compute(drawn, KernelChoice::kFused, at::kFloat, x); }), LeftToAten(drawn));
      if (!IsSmooth(aten, exact)) continue;
      ++smooth;
      ExpectNear(fused, exact, 1e-4);
    }
    EXPECT_GE(smooth, 60);
  });
}

TEST_F(FusedLevels, EvaluatesAsAtenInFloat) {
  AtEveryLevel([] {
    for (uint64_t seed = 0; seed < kCases; ++seed) {
      const LayerCase drawn = DrawCase(seed);
      SCOPED_TRACE(drawn.Text());
      const at::Tensor x = InputOf(drawn).to(at::kFloat).to(at::kDouble);
      ExpectNear(Compute(drawn, KernelChoice::kFused, at::kFloat, x, NormMode::kRunning),
                 Compute(drawn, KernelChoice::kAten, at::kDouble, x, NormMode::kRunning), 1e-5);
    }
  });
}

LayerCase ThreeKernels(int64_t images) {
  LayerCase layer{.spec = {.shape = {.in = 24, .out = 24, .stride = 1, .input = {9, 7}}, .candidates = {}},
                  .images = images,
                  .seed = 7};
  for (const int kernel : {3, 5, 7}) layer.spec.candidates.push_back({.op = {.kernel = kernel}, .expand = 3});
  layer.spec.candidates.push_back({.op = {.kernel = 3}, .expand = 1});
  layer.spec.candidates.push_back({.kind = BlockKind::kIdentity});
  return layer;
}

// Inputs on which sums lose digits: far from zero, nearly constant, nearly equal, huge, tiny.
std::vector<std::pair<std::string, at::Tensor>> HardInputs(const at::Tensor& plain) {
  at::Tensor constant = plain.clone(), twins = plain.clone();
  constant.select(1, 3).fill_(2);
  twins.select(1, 5).copy_(plain.select(1, 4) + 1e-3 * plain.select(1, 5));
  return {{"mean 100", plain + 100},
          {"a constant channel", constant},
          {"two channels nearly equal", twins},
          {"huge", plain * 1e8},
          {"tiny", plain * 1e-3}};
}

// A value that rounding moves over an edge of its ReLU6 changes a gradient far more than rounding itself does, in ATen
// as here, and where that happens is chance: of several layers, the median counts.
TEST_F(FusedLevels, BearsInputsAsAtenDoes) {
  constexpr uint64_t kSeeds = 7;
  struct Errors {
    std::vector<double> fused, aten, size;
  };
  AtEveryLevel([] {
    std::map<std::pair<std::string, std::string>, Errors> errors;  // [input, tensor]
    for (uint64_t seed = 0; seed < kSeeds; ++seed) {
      LayerCase layer = ThreeKernels(4);
      layer.seed += 10 * seed;
      for (const auto& [name, input] : HardInputs(InputOf(layer))) {
        const at::Tensor x = input.to(at::kFloat).to(at::kDouble);
        const Results exact = Compute(layer, KernelChoice::kAten, at::kDouble, x);
        const Results aten = Compute(layer, KernelChoice::kAten, at::kFloat, x);
        const Results fused = Compute(layer, KernelChoice::kFused, at::kFloat, x);
        for (size_t i = 0; i < exact.names.size(); ++i) {
          const auto error = [&](const Results& of) {
            return (of.tensors[i].to(at::kDouble) - exact.tensors[i]).norm().item<double>();
          };
          Errors& all = errors[{name, exact.names[i]}];
          all.fused.push_back(error(fused));
          all.aten.push_back(error(aten));
          all.size.push_back(exact.tensors[i].norm().item<double>());
        }
      }
    }
    for (const auto& [of, all] : errors) {
      EXPECT_LE(Median(all.fused), 3 * Median(all.aten) + 1e-5 * std::max(1e-3, Median(all.size)))
          << of.first << ": " << of.second;
    }
  });
}

TEST_F(FusedLevels, PassesNanAndInfinityOn) {
  const LayerCase layer = ThreeKernels(2);
  AtEveryLevel([&] {
    for (const double value : {std::nan(""), std::numeric_limits<double>::infinity()}) {
      at::Tensor x = InputOf(layer);
      x[0][2][1][1] = value;
      const Results aten = Compute(layer, KernelChoice::kAten, at::kFloat, x);
      const Results fused = Compute(layer, KernelChoice::kFused, at::kFloat, x);
      EXPECT_TRUE(at::equal(at::isfinite(fused.tensors[0]), at::isfinite(aten.tensors[0]))) << value;
      EXPECT_FALSE(at::isfinite(fused.tensors[1]).any().item<bool>()) << value;
    }
  });
}

TEST_F(FusedLevels, GivesTheSameBitsTwice) {
  const LayerCase layer = ThreeKernels(8);
  const at::Tensor x = InputOf(layer);
  AtEveryLevel([&] {
    const Results first = Compute(layer, KernelChoice::kFused, at::kFloat, x);
    const Results second = Compute(layer, KernelChoice::kFused, at::kFloat, x);
    for (size_t i = 0; i < first.names.size(); ++i) {
      SCOPED_TRACE(first.names[i]);
      test::ExpectSameBits(second.tensors[i], first.tensors[i]);
    }
  });
}

// Large maps are cut into bands, small batches by channels.
TEST(FusedLayer, EqualsAtenOnLargeMapsAndManyThreads) {
  LayerCase layer = ThreeKernels(1);
  layer.spec.shape.input = {70, 61};
  const int threads = at::get_num_threads();
  for (const int stride : {1, 2}) {
    layer.spec.shape.stride = stride;
    if (stride == 2) layer.spec.candidates.pop_back();  // the identity
    const at::Tensor x = InputOf(layer);
    const Results exact = Compute(layer, KernelChoice::kAten, at::kDouble, x);
    for (const int many : {1, 3, 16}) {
      at::set_num_threads(many);
      ExpectNear(Compute(layer, KernelChoice::kFused, at::kDouble, x), exact, 1e-9);
    }
  }
  at::set_num_threads(threads);
}

// The kernels are unrolled for strides 1 and 2.
TEST(FusedLayer, LeavesLargerStridesToAten) {
  for (const int stride : {3, 4, 16}) {
    LayerCase layer = ThreeKernels(2);
    layer.spec.shape.stride = stride;
    layer.spec.candidates.back() = {.kind = BlockKind::kDepthwiseSeparable, .activation = Activation::kRelu};
    SCOPED_TRACE(layer.Text());
    for (const BlockSpec& block : layer.spec.candidates) {
      LayerShape shape = layer.spec.shape;
      EXPECT_FALSE(IsFusible(block, shape) || IsFusibleInParts(block, shape)) << CandidateName(block);
      shape.stride = 2;
      EXPECT_TRUE(IsFusible(block, shape) || IsFusibleInParts(block, shape)) << CandidateName(block);
    }
    const at::Tensor x = InputOf(layer);
    for (const NormMode mode : {NormMode::kBatch, NormMode::kRunning}) {
      Results fused;
      EXPECT_EQ(Convolutions([&] { fused = Compute(layer, KernelChoice::kFused, at::kDouble, x, mode); }), 13);
      ExpectNear(fused, Compute(layer, KernelChoice::kAten, at::kDouble, x, mode), 0);
    }
  }
}

// A block may be one chain whose last convolution has an activation. That activation applies to the block alone, not to
// the layer's sum of blocks, and not to the block times its probability.
TEST(FusedLayer, MixesBlocksThatEndInAnActivation) {
  LayerCase layer = ThreeKernels(2);
  const BlockSpec ends = test::OwnBlock(R"(
parameters: {act: relu6, kernel: 3}
steps:
  - {step: convolution, name: filter, kernel: kernel, stride: stride, groups: channels, activation: act}
  - {step: convolution, name: narrow, channels: out, activation: act}
)");
  BlockSpec other = ends;
  other.defined.values[1] = 5.0;
  for (const std::vector<BlockSpec>& candidates :
       {std::vector{ends}, std::vector{ends, other}, std::vector{ends, layer.spec.candidates[0]},
        std::vector{ends, BlockSpec{.kind = BlockKind::kIdentity}}}) {
    layer.spec.candidates = candidates;
    SCOPED_TRACE(layer.Text());
    const at::Tensor x = 4 * InputOf(layer);
    for (const NormMode mode : {NormMode::kBatch, NormMode::kRunning}) {
      Results fused;
      EXPECT_EQ(Convolutions([&] { fused = Compute(layer, KernelChoice::kFused, at::kDouble, x, mode); }), 0);
      ExpectNear(fused, Compute(layer, KernelChoice::kAten, at::kDouble, x, mode), 1e-9);
    }
  }
}

// The same of one path, which a learner weighs by its probability.
TEST(FusedLayer, WeighsABlockThatEndsInAnActivation) {
  LayerCase drawn = ThreeKernels(2);
  drawn.spec.candidates = {test::OwnBlock(R"(
steps:
  - {step: convolution, name: filter, kernel: 3, stride: stride, groups: channels, activation: relu6}
  - {step: convolution, name: narrow, channels: out, activation: relu6}
)"),
                           {.op = {.kernel = 3}, .expand = 2}};
  const at::Tensor x = 4 * InputOf(drawn), p = at::tensor({0.3, 0.7}, at::kDouble);
  std::vector<at::Tensor> y;
  for (const KernelChoice kernels : {KernelChoice::kAten, KernelChoice::kFused}) {
    MixedLayer layer(drawn.spec, NormSpec{}, /*affine=*/true, NnConfig{.kernels = kernels});
    test::RandomiseState(layer, 1);
    layer.to(at::kDouble);
    {
      const at::NoGradGuard no_gradient;
      for (const auto& parameter : layer.named_parameters()) {
        if (parameter.key().ends_with("norm.weight")) at::Tensor(parameter.value()).mul_(8);
      }
    }
    y.push_back(layer.forward(x.to(at::kDouble), {.probability_c = p, .path = 0}).detach());
  }
  EXPECT_NEAR(y[0].max().item<double>(), 0.3 * 6, 1e-12);
  test::ExpectClose(y[1], y[0], 1e-9);
}

// Evaluation keeps nothing for backward: with a gradient wanted, ATen computes, of whatever the gradient is wanted.
TEST(FusedLayer, LeavesGradientsOfEvaluationToAten) {
  const LayerCase drawn = ThreeKernels(2);
  const auto layer =
      std::make_shared<MixedLayer>(drawn.spec, NormSpec{}, false, NnConfig{.kernels = KernelChoice::kFused});
  test::RandomiseState(*layer, 1);
  layer->to(at::kDouble);
  for (const at::Tensor& parameter : layer->parameters()) parameter.set_requires_grad(false);
  SetNormMode(*layer, NormMode::kRunning);
  const auto probability = [] { return at::full({5}, 0.2, at::kDouble).requires_grad_(true); };
  const at::Tensor p = probability();
  layer->forward(InputOf(drawn), {.probability_c = p}).sum().backward();
  EXPECT_TRUE(p.grad().defined());
  EXPECT_EQ(Convolutions([&] {
              const at::NoGradGuard none;
              layer->forward(InputOf(drawn), {.probability_c = probability()});
            }),
            0);
}

TEST(FusedLayer, SecondBackwardIsRefused) {
  const LayerCase drawn = ThreeKernels(2);
  const auto layer =
      std::make_shared<MixedLayer>(drawn.spec, NormSpec{}, false, NnConfig{.kernels = KernelChoice::kFused});
  test::RandomiseState(*layer, 1);
  layer->to(at::kDouble);
  const at::Tensor y = layer->forward(InputOf(drawn), {.probability_c = at::full({5}, 0.2, at::kDouble)}).sum();
  y.backward();
  EXPECT_THROW(y.backward(), c10::Error);
}

TEST(DescribeKernels, NamesTheLevelAndRefusesWhatIsNotThere) {
  EXPECT_THAT(DescribeKernels(KernelChoice::kAten, at::kCPU), testing::HasSubstr("ATen"));
  test::ExpectErrorContains<ConfigError>([] { DescribeKernels(KernelChoice::kFused, at::kCUDA); },
                                         {"nn.kernels", "'auto'"});
  if (!kernels::Level().empty()) {
    EXPECT_THAT(DescribeKernels(KernelChoice::kFused, at::kCPU), testing::HasSubstr(kernels::Level()));
  }
  test::ExpectErrorContains<UsageError>([] { kernels::UseLevel("mmx"); }, {"mmx"});
}

}  // namespace
}  // namespace danas
