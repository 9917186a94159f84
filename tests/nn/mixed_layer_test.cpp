#include "danas/nn/mixed_layer.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <memory>

#include "danas/core/error.h"
#include "danas/nn/norm.h"
#include "tests/nn/nn_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectClose;
using test::ExpectSameBits;
using test::RandomImages;
using test::RandomTensor;

constexpr NormSpec kNorm{.momentum = 0.1, .epsilon = 1e-3};
constexpr LayerShape kShape{4, 4, 1, {3, 2}};

// Four kinds of block; the last is the input itself.
LayerSpec FourCandidates() {
  return {kShape,
          {{.expand = 1},
           {.kind = BlockKind::kShuffleA, .activation = Activation::kRelu},
           {.op = {OperatorKind::kDepthwise, 5}, .expand = 3},
           {.kind = BlockKind::kIdentity}}};
}

std::shared_ptr<MixedLayer> MakeLayer(const LayerSpec& spec, at::ScalarType type = at::kDouble) {
  auto layer = std::make_shared<MixedLayer>(spec, kNorm, /*affine=*/false);
  layer->to(type);
  test::RandomiseState(*layer, 1);
  SetNormMode(*layer, NormMode::kBatchFrozen);
  return layer;
}

at::Tensor Input(at::ScalarType type = at::kDouble) { return RandomImages({3, 4, 3, 2}, 50, type); }

at::Tensor Probabilities(at::ScalarType type = at::kDouble) { return at::softmax(RandomTensor({4}, 60), 0).to(type); }

// --- WeightedSum ---

TEST(WeightedSum, IsTheSumOfProducts) {
  const at::Tensor p = Probabilities();
  for (const at::ScalarType type : {at::kDouble, at::kFloat, at::kBFloat16}) {
    std::vector<at::Tensor> outputs;
    at::Tensor expected = at::zeros({2, 3, 4, 5}, at::kDouble);
    for (uint64_t c = 0; c < 4; ++c) {
      outputs.push_back(RandomImages({2, 3, 4, 5}, c, type));
      expected += p[static_cast<int64_t>(c)] * outputs.back().to(at::kDouble);
    }
    const at::Tensor sum = WeightedSum(p, outputs);
    EXPECT_EQ(sum.scalar_type(), type);
    EXPECT_TRUE(sum.is_contiguous(at::MemoryFormat::ChannelsLast));
    const double tolerance = type == at::kDouble ? 1e-14 : type == at::kFloat ? 1e-6 : 0.03;
    ExpectClose(sum, expected, tolerance);
  }
}

TEST(WeightedSum, JacobianIsExact) {
  for (const bool one_layout : {true, false}) {
    std::vector<at::Tensor> inputs{Probabilities()};
    for (uint64_t c = 0; c < 4; ++c) inputs.push_back(RandomImages({2, 2, 3, 2}, c));
    if (!one_layout) inputs[2] = inputs[2].contiguous();
    for (at::Tensor& input : inputs) input = input.to(at::kDouble);
    test::ExpectGradientsMatch(
        [](const std::vector<at::Tensor>& tensors) {
          return WeightedSum(tensors[0], {tensors.begin() + 1, tensors.end()});
        },
        inputs, 1e-8);
  }
}

TEST(WeightedSum, TakesGradientsOfAnyLayout) {
  const at::Tensor p = Probabilities().requires_grad_(true);
  std::vector<at::Tensor> outputs;
  for (uint64_t c = 0; c < 4; ++c) outputs.push_back(RandomImages({2, 3, 4, 5}, c, at::kDouble));
  const at::Tensor gradient = RandomTensor({2, 3, 4, 5}, 9);  // NCHW
  const auto found = torch::autograd::grad({WeightedSum(p, outputs)}, {p}, {gradient});
  for (int64_t c = 0; c < 4; ++c) {
    ExpectClose(found[0][c], (gradient * outputs[static_cast<size_t>(c)]).sum(), 1e-12);
  }
}

TEST(WeightedSum, HalfPrecisionOutputsGiveFloatGradients) {
  const at::Tensor p = Probabilities(at::kFloat).requires_grad_(true);
  std::vector<at::Tensor> outputs;
  // 2^12 ones: a sum in bfloat16 would stop at 2^8.
  for (int c = 0; c < 4; ++c) outputs.push_back(at::ones({2, 8, 16, 16}, at::kBFloat16));
  const auto found = torch::autograd::grad({WeightedSum(p, outputs)}, {p}, {at::ones_like(outputs[0])});
  EXPECT_EQ(found[0].scalar_type(), at::kFloat);
  ExpectClose(found[0], at::full({4}, 4096.0), 0);
}

TEST(WeightedSum, KeepsOutputsOnlyForAGradientOfProbabilities) {
  for (const bool wanted : {true, false}) {
    const at::Tensor p = Probabilities().requires_grad_(wanted);
    const at::Tensor x = Input().requires_grad_(true);
    std::vector<at::Tensor> outputs;
    for (int c = 0; c < 4; ++c) outputs.push_back(x * c);  // a product with a number keeps nothing
    const c10::weak_intrusive_ptr<at::TensorImpl> watched(outputs[2].getIntrusivePtr());
    const at::Tensor sum = WeightedSum(p, outputs);
    outputs.clear();
    EXPECT_EQ(watched.expired(), !wanted);
    ExpectClose(torch::autograd::grad({sum.sum()}, {x})[0], (p.detach() * at::arange(4)).sum().expand_as(x), 1e-12);
  }
}

TEST(WeightedSum, NeedsAProbabilityForEachOutput) {
  const std::vector<at::Tensor> outputs{Input(), Input()};
  EXPECT_THROW(WeightedSum(at::ones({3}), outputs), std::invalid_argument);
  EXPECT_THROW(WeightedSum(at::ones({2, 1}), outputs), std::invalid_argument);
  EXPECT_THROW(WeightedSum(at::ones({0}), {}), std::invalid_argument);
}

// --- MixedLayer ---

at::Tensor CandidatesMixed(MixedLayer& layer, const at::Tensor& x, const at::Tensor& p) {
  at::Tensor sum = at::zeros_like(x);
  for (size_t c = 0; c < 4; ++c) sum = sum + p[static_cast<int64_t>(c)] * layer.candidate(c).forward(x);
  return sum;
}

TEST(MixedLayer, MixesItsCandidates) {
  const auto layer = MakeLayer(FourCandidates());
  const at::Tensor x = Input(), p = Probabilities();
  ExpectClose(layer->forward(x, {.probability_c = p}), CandidatesMixed(*layer, x, p), 1e-12);
}

TEST(MixedLayer, JacobianWithRespectToProbabilitiesAndInputIsExact) {
  const auto layer = MakeLayer(FourCandidates());
  test::ExpectGradientsMatch(
      [&](const std::vector<at::Tensor>& inputs) { return layer->forward(inputs[0], {.probability_c = inputs[1]}); },
      {Input(), Probabilities()});
}

TEST(MixedLayer, PathIsThatCandidateAlone) {
  const auto layer = MakeLayer(FourCandidates());
  SetNormMode(*layer, NormMode::kBatch);
  for (size_t path = 0; path < 4; ++path) {
    const NamedTensors before = StateOf(*layer);
    std::vector<at::Tensor> values;
    for (const auto& [name, tensor] : before) values.push_back(tensor.clone());
    const at::Tensor y = layer->forward(Input(), {.path = path});
    // Statistics of the others stay: they were not computed.
    const std::string taken = CandidateName(layer->spec().candidates[path]) + ".";
    for (size_t i = 0; i < before.size(); ++i) {
      const bool moves = before[i].first.starts_with(taken) && before[i].first.find("running") != std::string::npos;
      EXPECT_EQ(at::equal(before[i].second, values[i]), !moves) << before[i].first;
    }
    ExpectSameBits(y, layer->candidate(path).forward(Input()));
  }
}

TEST(MixedLayer, JacobianOfAPathTimesItsProbabilityIsExact) {
  const auto layer = MakeLayer(FourCandidates());
  const at::Tensor p = Probabilities();
  for (const size_t path : {size_t{1}, size_t{2}}) {
    ExpectClose(layer->forward(Input(), {.probability_c = p, .path = path}),
                p[static_cast<int64_t>(path)] * layer->candidate(path).forward(Input()), 1e-12);
    test::ExpectGradientsMatch(
        [&](const std::vector<at::Tensor>& inputs) {
          return layer->forward(inputs[0], {.probability_c = inputs[1], .path = path});
        },
        {Input(), p});
  }
}

// Two of the candidates fit the fused kernels as a whole; pairs of one kind, of both, and of neither.
const std::vector<std::vector<size_t>> kSubsets = {{0, 2}, {0, 1}, {1, 3}, {2, 3}, {3}, {0, 1, 2, 3}};

TEST(MixedLayer, SubsetIsTheMixOfItsCandidates) {
  const auto layer = MakeLayer(FourCandidates());
  SetNormMode(*layer, NormMode::kBatch);
  const at::Tensor p = Probabilities();
  for (const std::vector<size_t>& subset : kSubsets) {
    const NamedTensors before = StateOf(*layer);
    std::vector<at::Tensor> values;
    for (const auto& [name, tensor] : before) values.push_back(tensor.clone());
    const at::Tensor y = layer->forward(Input(), {.probability_c = p, .subset = subset});
    // Statistics of the others stay: they were not computed.
    for (size_t i = 0; i < before.size(); ++i) {
      const bool moves =
          before[i].first.find("running") != std::string::npos && std::ranges::any_of(subset, [&](size_t c) {
            return before[i].first.starts_with(CandidateName(layer->spec().candidates[c]) + ".");
          });
      EXPECT_EQ(at::equal(before[i].second, values[i]), !moves) << before[i].first;
    }
    at::Tensor sum = at::zeros_like(y);
    for (const size_t c : subset) sum = sum + p[static_cast<int64_t>(c)] * layer->candidate(c).forward(Input());
    ExpectClose(y, sum, 1e-12);
  }
}

TEST(MixedLayer, JacobianOfASubsetIsExact) {
  const auto layer = MakeLayer(FourCandidates());
  const at::Tensor p = Probabilities();
  for (const std::vector<size_t>& subset : kSubsets) {
    test::ExpectGradientsMatch(
        [&](const std::vector<at::Tensor>& inputs) {
          return layer->forward(inputs[0], {.probability_c = inputs[1], .subset = subset});
        },
        {Input(), p});
  }
}

// As a gate has it: what weighs nothing is computed all the same, for its gradient.
TEST(MixedLayer, AWeightOfZeroStillHasItsGradient) {
  const auto layer = MakeLayer(FourCandidates());
  const at::Tensor p = at::tensor({0.0, 0.0, 1.0, 0.0}, at::kDouble).requires_grad_(true);
  const at::Tensor y = layer->forward(Input(), {.probability_c = p, .subset = {0, 2}});
  ExpectClose(y, layer->candidate(2).forward(Input()), 1e-12);
  const at::Tensor gradient = RandomImages({3, 4, 3, 2}, 9, at::kDouble);
  const at::Tensor found = torch::autograd::grad({y}, {p}, {gradient})[0];
  for (const size_t c : {size_t{0}, size_t{2}}) {
    ExpectClose(found[static_cast<int64_t>(c)], (gradient * layer->candidate(c).forward(Input())).sum(), 1e-11);
  }
  EXPECT_EQ(found[1].item<double>(), 0);
  EXPECT_EQ(found[3].item<double>(), 0);
}

TEST(MixedLayer, FrozenWeightsGetNoGradient) {
  const auto layer = MakeLayer(FourCandidates());
  for (const at::Tensor& weight : layer->parameters()) at::Tensor(weight).set_requires_grad(false);
  const at::Tensor p = Probabilities().requires_grad_(true);
  layer->forward(Input(), {.probability_c = p}).square().sum().backward();
  EXPECT_GT(p.grad().abs().min().item<double>(), 0);
  for (const at::Tensor& weight : layer->parameters()) EXPECT_FALSE(weight.grad().defined());
}

TEST(MixedLayer, OneCandidateIgnoresTheChoice) {
  LayerSpec spec = FourCandidates();
  spec.candidates.resize(1);
  const auto layer = MakeLayer(spec);
  const at::Tensor expected = layer->candidate(0).forward(Input());
  ExpectSameBits(layer->forward(Input(), {}), expected);
  ExpectSameBits(layer->forward(Input(), {.probability_c = at::full({1}, 0.25)}), expected);
  ExpectSameBits(layer->forward(Input(), {.path = 7}), expected);
}

TEST(MixedLayer, RefusesChoicesThatDoNotFit) {
  const auto layer = MakeLayer(FourCandidates());
  const auto expect_refused = [&](const LayerChoice& choice, std::string_view words) {
    test::ExpectErrorContains<std::invalid_argument>([&] { layer->forward(Input(), choice); }, {words});
  };
  expect_refused({}, "neither path nor probabilities");
  expect_refused({.path = 4}, "path 4");
  expect_refused({.probability_c = at::ones({3})}, "a layer of 4 candidates got 3 probabilities");
  expect_refused({.probability_c = at::ones({3}), .path = 1}, "3 probabilities");
  expect_refused({.subset = {0, 1}}, "neither path nor probabilities");
  expect_refused({.probability_c = Probabilities(), .path = 1, .subset = {0, 1}}, "a subset and a path");
  for (const std::vector<size_t>& subset : std::vector<std::vector<size_t>>{{1, 0}, {1, 1}, {2, 4}}) {
    expect_refused({.probability_c = Probabilities(), .subset = subset}, "a subset that is not ascending places");
  }
}

TEST(MixedLayer, WithoutKeepsTheSurvivorsThemselves) {
  const auto layer = MakeLayer(FourCandidates(), at::kFloat);
  const auto smaller = layer->Without({0, 3, 9});
  EXPECT_EQ(smaller->spec(), (LayerSpec{kShape, {layer->spec().candidates[1], layer->spec().candidates[2]}}));
  EXPECT_EQ(&smaller->candidate(0), &layer->candidate(1));
  EXPECT_EQ(&smaller->candidate(1), &layer->candidate(2));
  std::vector<std::string> names;
  for (const auto& [name, tensor] : StateOf(*smaller)) {
    names.push_back(name);
    const auto& of_whole = StateOf(*layer);
    const auto same = std::ranges::find_if(of_whole, [&](const auto& item) { return item.first == name; });
    ASSERT_NE(same, of_whole.end()) << name;
    EXPECT_EQ(tensor.data_ptr(), same->second.data_ptr()) << name;
  }
  EXPECT_EQ(names.size(), StateOf(layer->candidate(1)).size() + StateOf(layer->candidate(2)).size());
  const at::Tensor p = at::tensor({0.25F, 0.75F});
  test::ExpectClose(
      smaller->forward(Input(at::kFloat), {.probability_c = p}),
      WeightedSum(p, {layer->candidate(1).forward(Input(at::kFloat)), layer->candidate(2).forward(Input(at::kFloat))}),
      2e-6);
  test::ExpectErrorContains<ConfigError>([&] { layer->Without({0, 1, 2, 3}); }, {"all of its candidates"});
}

TEST(MixedLayer, StaysInChannelsLast) {
  const auto layer = MakeLayer(FourCandidates(), at::kFloat);
  const at::Tensor x = Input(at::kFloat).requires_grad_(true);
  const at::Tensor p = Probabilities(at::kFloat).requires_grad_(true);
  const at::Tensor gradient = RandomImages({3, 4, 3, 2}, 9);
  EXPECT_THAT(test::OperatorsOutside(at::MemoryFormat::ChannelsLast, 3,
                                     [&] { layer->forward(x, {.probability_c = p}).backward(gradient); }),
              testing::IsEmpty());
}

}  // namespace
}  // namespace danas
