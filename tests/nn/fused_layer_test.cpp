// The fused node against the same modules on ATen: many shapes in double, where both agree to rounding, and each level
// of instructions in float32 against double.
#include "danas/nn/fused_layer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "danas/core/random.h"
#include "danas/kernels/level.h"
#include "danas/nn/mixed_layer.h"
#include "tests/nn/nn_support.h"

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
  if (KeepsShape(shape)) drawn.spec.candidates.push_back({.kind = BlockKind::kIdentity});
  if (drawn.spec.candidates.empty() || drawn.spec.candidates[0].kind == BlockKind::kIdentity) {
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
  const auto made = std::make_shared<MixedLayer>(drawn.spec, NormSpec{}, drawn.affine, kernels);
  MixedLayer& layer = *made;
  test::RandomiseState(layer, drawn.seed);
  layer.to(type);
  SetNormMode(layer, mode);
  const auto count = static_cast<int64_t>(drawn.spec.candidates.size());
  const at::Tensor x = x_nchw.to(type).contiguous(at::MemoryFormat::ChannelsLast).requires_grad_(mode != NormMode::kRunning);
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
  for (const auto& parameter : layer.named_parameters()) add("gradient of " + parameter.key(), parameter.value().grad());
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

TEST(FusedLayer, EqualsAtenInDouble) {
  for (uint64_t seed = 0; seed < kCases; ++seed) {
    const LayerCase drawn = DrawCase(seed);
    SCOPED_TRACE(drawn.Text());
    const LayerShape& shape = drawn.spec.shape;
    const at::Tensor x =
        test::RandomTensor({drawn.images, shape.in, shape.input.height, shape.input.width}, seed + 3);
    ExpectNear(Compute(drawn, KernelChoice::kFused, at::kDouble, x), Compute(drawn, KernelChoice::kAten, at::kDouble, x),
               1e-9);
    if (HasFailure()) return;
  }
}

TEST(FusedLayer, EvaluatesAsAtenInDouble) {
  for (uint64_t seed = 0; seed < kCases; ++seed) {
    const LayerCase drawn = DrawCase(seed);
    SCOPED_TRACE(drawn.Text());
    const LayerShape& shape = drawn.spec.shape;
    const at::Tensor x =
        test::RandomTensor({drawn.images, shape.in, shape.input.height, shape.input.width}, seed + 3);
    ExpectNear(Compute(drawn, KernelChoice::kFused, at::kDouble, x, NormMode::kRunning),
               Compute(drawn, KernelChoice::kAten, at::kDouble, x, NormMode::kRunning), 1e-10);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace danas
