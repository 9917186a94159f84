// Supernets and networks that end in heat maps.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "danas/arch/heat_map_head.h"
#include "danas/arch/space_file.h"
#include "danas/arch/zoo.h"
#include "danas/core/error.h"
#include "danas/nn/norm.h"
#include "danas/nn/safetensors.h"
#include "danas/nn/supernet.h"
#include "danas/nn/torchvision_names.h"
#include "danas/nn/weights_file.h"
#include "tests/nn/nn_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectClose;
using test::ExpectErrorContains;
using test::ExpectSameBits;
using test::RandomTensor;
using test::TempDir;

const HeatMapHead kHead{.key_points = 5, .input = {32, 24}, .layers = 2, .channels = 8, .groups = {1, 2, 4}};

// Stem 3 -> 8 of stride 2; 8 -> 8 and 8 -> 12 of stride 2, both searched; two deconvolutions; 5 maps of 32 x 24.
SearchSpace Space() {
  SpaceParts parts;
  parts.name = "backbone";
  parts.input = {32, 24};
  parts.classes = 7;
  parts.stem = {.channels = 8};
  const auto ir = [](double expand, int kernel) { return BlockSpec{.op = {.kernel = kernel}, .expand = expand}; };
  parts.layers = {{{8, 8, 1, {16, 12}}, {ir(1, 3), ir(2, 5)}}, {{8, 12, 2, {16, 12}}, {ir(2, 3), ir(3, 3)}}};
  parts.head = {.channels = 20, .dropout = 0.5};
  return WithHeatMapHead(SearchSpace(parts), kHead);
}

std::shared_ptr<Supernet> MakeSupernet(const SearchSpace& space, at::ScalarType type = at::kDouble) {
  auto supernet = std::make_shared<Supernet>(space, SupernetOptions{});
  test::RandomiseState(*supernet, 4);
  supernet->to(type);
  return supernet;
}

std::map<std::string, at::Tensor> ByName(const torch::nn::Module& module) {
  const NamedTensors state = StateOf(module);
  return {state.begin(), state.end()};
}

at::Tensor Images(int64_t count, at::ScalarType type = at::kDouble) {
  return test::RandomImages({count, 3, 32, 24}, 8, type);
}

std::vector<LayerChoice> Mixtures(const SearchSpace& space) {
  std::vector<LayerChoice> choices;
  for (size_t l = 0; l < space.layers().size(); ++l) {
    const auto count = static_cast<int64_t>(space.layers()[l].candidates.size());
    choices.push_back({.probability_c = at::softmax(RandomTensor({count}, l), 0)});
  }
  return choices;
}

std::vector<LayerChoice> Paths(const std::vector<size_t>& choice) {
  std::vector<LayerChoice> choices;
  for (const size_t path : choice) choices.push_back({.path = path});
  return choices;
}

// The second deconvolution's layer, and the maps, by torch's functions alone.
TEST(HeatMaps, AreWhatTorchsFunctionsGive) {
  const SearchSpace space = Space();
  const auto supernet = MakeSupernet(space);
  SetNormMode(*supernet, NormMode::kRunning);
  auto weights = ByName(*supernet);
  const at::Tensor x = RandomTensor({2, 8, 16, 12}, 2), p = at::softmax(RandomTensor({3}, 1), 0);
  at::Tensor sum = at::zeros({2, 8, 32, 24}, at::kDouble);
  for (const int64_t c : {0, 1, 2}) {
    const int64_t groups = int64_t{1} << c;
    const std::string name = "layers.3.deconvolution_g" + std::to_string(groups) + "_k4.deconv.";
    at::Tensor y = at::conv_transpose2d(x, weights.at(name + "conv.weight"), {}, {2, 2}, {1, 1}, {0, 0}, groups);
    const auto line = [&](const char* part) { return weights.at(name + "norm." + part).view({1, -1, 1, 1}); };
    y = (y - line("running_mean")) / at::sqrt(line("running_var") + 1e-5);
    sum = sum + p[c] * at::maximum(y, at::zeros_like(y));
  }
  ExpectClose(supernet->layer(3).forward(x, {.probability_c = p}), sum, 1e-12);
  const at::Tensor maps = at::conv2d(sum, weights.at("head.heat_maps.weight"), weights.at("head.heat_maps.bias"));
  ExpectClose(supernet->Predict(sum), maps, 1e-12);

  const at::Tensor found = supernet->forward(Images(2), Mixtures(space));
  EXPECT_EQ(found.sizes(), (std::vector<int64_t>{2, 5, 32, 24}));
  ExpectClose(found, supernet->Predict(supernet->Features(Images(2), Mixtures(space))), 0);
}

TEST(HeatMaps, JacobianOfAMixedLayerIsExact) {
  const auto supernet = MakeSupernet(Space());
  SetNormMode(*supernet, NormMode::kRunning);
  const at::Tensor x = RandomTensor({1, 8, 3, 2}, 2), p = at::softmax(RandomTensor({3}, 1), 0);
  test::ExpectGradientsMatch(
      [&](const std::vector<at::Tensor>& inputs) {
        return supernet->Predict(supernet->layer(3).forward(inputs[0], {.probability_c = inputs[1]}));
      },
      {x, p});
}

// Of the weights, too, with a batch's statistics.
TEST(HeatMaps, GradientsOfWeightsMatchDifferences) {
  const auto supernet = MakeSupernet(Space());
  SetNormMode(*supernet, NormMode::kBatchFrozen);
  const at::Tensor x = RandomTensor({2, 8, 3, 2}, 2), factor = RandomTensor({2, 5, 6, 4}, 6);
  const auto loss = [&] { return (supernet->Predict(supernet->layer(3).forward(x, {.path = 2})) * factor).sum(); };
  std::vector<at::Tensor> weights;
  for (const auto& item : supernet->named_parameters()) {
    const bool wanted =
        item.key() == "layers.3.deconvolution_g4_k4.deconv.conv.weight" || item.key() == "head.heat_maps.weight";
    if (wanted) weights.push_back(item.value());
  }
  ASSERT_EQ(weights.size(), 2u);
  const auto gradients = torch::autograd::grad({loss()}, weights);
  const at::NoGradGuard no_gradient;
  for (size_t w = 0; w < weights.size(); ++w) {
    for (int64_t e = 0; e < weights[w].numel(); e += 7) {
      const at::Tensor direction = at::zeros({weights[w].numel()}, at::kDouble);
      direction[e] = 1e-6;
      const at::Tensor step = direction.view(weights[w].sizes());
      weights[w].add_(step);
      const double above = loss().item<double>();
      weights[w].sub_(step, 2);
      const double below = loss().item<double>();
      weights[w].add_(step);
      EXPECT_NEAR(gradients[w].contiguous().view(-1)[e].item<double>(), (above - below) / 2e-6, 1e-5) << w << " " << e;
    }
  }
}

TEST(HeatMaps, APathIsItsNetwork) {
  const SearchSpace space = Space();
  const std::vector<size_t> choice = {1, 0, 2, 1};
  const auto supernet = MakeSupernet(space);
  SetNormMode(*supernet, NormMode::kRunning);
  const auto derived = std::make_shared<Supernet>(space.Select(choice), SupernetOptions{});
  derived->to(at::kDouble);
  const auto from = ByName(*supernet);
  for (const auto& [name, tensor] : StateOf(*derived)) at::Tensor(tensor).copy_(from.at(name));
  SetNormMode(*derived, NormMode::kRunning);
  ExpectClose(derived->forward(Images(2)), supernet->forward(Images(2), Paths(choice)), 1e-12);
}

TEST(HeatMaps, SurvivorsOfAPruningStay) {
  const SearchSpace space = Space();
  const auto supernet = MakeSupernet(space);
  const auto smaller = supernet->Without({{2, {0, 2}}, {3, {1}}});
  EXPECT_EQ(smaller->space(), space.Without({{2, {0, 2}}, {3, {1}}}));
  SetNormMode(*smaller, NormMode::kRunning);
  ExpectSameBits(smaller->forward(Images(2), Paths({0, 0, 0, 1})), supernet->forward(Images(2), Paths({0, 0, 1, 2})));
}

TEST(HeatMaps, StatisticsAreRecalibrated) {
  const SearchSpace space = Space();
  const auto supernet = MakeSupernet(space);
  const auto paths = Paths({0, 1, 1, 2});
  const at::Tensor images = Images(4);
  Recalibrate(*supernet, paths, {images});
  const at::Tensor found = supernet->forward(images, paths);
  SetNormMode(*supernet, NormMode::kBatchFrozen);
  // The running variance is the unbiased one.
  ExpectClose(found, supernet->forward(images, paths), 0.02 * found.abs().max().item<double>());
}

// The fused kernels take the backbone's inverted residuals, ATen what they do not know.
TEST(HeatMaps, FusedLayersAgreeWithAten) {
  const SearchSpace space = Space();
  std::vector<at::Tensor> maps, gradients;
  for (const KernelChoice kernels : {KernelChoice::kAten, KernelChoice::kFused}) {
    const auto supernet = std::make_shared<Supernet>(space, SupernetOptions{.how = {.kernels = kernels}});
    test::RandomiseState(*supernet, 4);
    std::vector<LayerChoice> choices = Mixtures(space);
    for (LayerChoice& choice : choices) choice.probability_c = choice.probability_c.to(at::kFloat);
    maps.push_back(supernet->forward(Images(2, at::kFloat), choices));
    maps.back().square().sum().backward();
    gradients.push_back(supernet->stem()->conv().weight.grad());
  }
  ExpectClose(maps[1], maps[0], 1e-4 * maps[0].abs().max().item<double>());
  ExpectClose(gradients[1], gradients[0], 1e-3 * gradients[0].abs().max().item<double>());
}

// --- How weights begin ---

TEST(HeatMaps, NewWeightsBeginAsSimpleBaselines) {
  const auto network = MakeNetwork(Space().Select({0, 0, 0, 2}));
  InitializeWeights(*network, 3);
  const auto state = ByName(*network);
  for (const char* name : {"layers.2.deconvolution_g1_k4.deconv.conv.weight",
                           "layers.3.deconvolution_g4_k4.deconv.conv.weight", "head.heat_maps.weight"}) {
    const at::Tensor& weight = state.at(name);
    const double error = 5 * 0.001 / std::sqrt(2.0 * static_cast<double>(weight.numel()));
    EXPECT_NEAR(weight.std().item<double>(), 0.001, error) << name;
  }
  ExpectSameBits(state.at("head.heat_maps.bias"), at::zeros({5}));
  ExpectSameBits(state.at("layers.3.deconvolution_g4_k4.deconv.norm.weight"), at::ones({8}));
}

// The backbone begins as it does in its own network, and a deconvolution of a space that does not ask for it as a
// convolution.
TEST(HeatMaps, OtherWeightsBeginAsBefore) {
  const SearchSpace space = Space();
  SpaceParts parts = space.parts();
  parts.init.deconvolution = DeconvolutionInit::kAsConvolution;
  const auto supernet = MakeSupernet(space, at::kFloat), other = MakeSupernet(SearchSpace(parts), at::kFloat);
  parts = space.parts();
  parts.layers.resize(2);
  parts.head = {};
  parts.init = {};
  const auto backbone = MakeSupernet(SearchSpace(parts), at::kFloat);
  for (const auto& network : {supernet, other, backbone}) InitializeWeights(*network, 3);
  const auto found = ByName(*supernet), as_convolution = ByName(*other);
  for (const auto& [name, tensor] : StateOf(*backbone)) {
    if (!name.starts_with("head.")) ExpectSameBits(found.at(name), tensor);
  }
  for (const auto& [name, tensor] : found) {
    const bool deconvolution = name.find("deconv.conv") != std::string::npos;
    EXPECT_EQ(at::equal(tensor, as_convolution.at(name)), !deconvolution) << name;
    if (!deconvolution) continue;
    // The same draws, of another scale.
    const double scale = 0.001 / std::sqrt(2.0 / (16 * static_cast<double>(tensor.size(0))));
    ExpectClose(tensor, as_convolution.at(name) * scale, 1e-8);
  }
}

// --- Weights of a backbone ---

std::shared_ptr<Supernet> Pose(const std::string& backbone, int64_t seed) {
  const auto network = MakeNetwork(WithHeatMapHead(MakeZooNetwork(backbone + "_full"),
                                                   {.input = {64, 64}, .layers = 2, .channels = 8, .groups = {2}}));
  InitializeWeights(*network, seed);
  return network;
}

std::shared_ptr<Supernet> Classifier(const std::string& name, int64_t seed) {
  const auto network = MakeNetwork(MakeZooNetwork(name + "_full"));
  InitializeWeights(*network, seed);
  return network;
}

void ExpectBackboneOf(const Supernet& pose, const Supernet& classifier, const Supernet& before) {
  const auto given = ByName(classifier), initial = ByName(before);
  size_t taken = 0;
  for (const auto& [name, tensor] : StateOf(pose)) {
    const auto found = given.find(name);
    taken += found != given.end() ? 1 : 0;
    ExpectSameBits(tensor, found != given.end() ? found->second : initial.at(name));
  }
  EXPECT_GT(taken, 50u);
}

TEST(LoadBackboneWeights, ByDanasNamesAndByTorchvisions) {
  const TempDir folder;
  for (const char* name : {"mobilenetv2_0.25", "shufflenetv2_0.5"}) {
    SCOPED_TRACE(name);
    const auto classifier = Classifier(name, 1), initial = Pose(name, 2);
    WriteSafetensors(folder / "own.safetensors", StateOf(*classifier), WeightsMetadata(classifier->space(), {}));
    const auto names = TorchvisionNames(classifier->space()).value();
    NamedTensors theirs;
    for (const auto& [own, tensor] : StateOf(*classifier)) theirs.emplace_back(names.at(own), tensor);
    WriteSafetensors(folder / "theirs.safetensors", theirs);
    WriteSafetensors(folder / "exported.safetensors", ByExportedNames(classifier->space(), StateOf(*classifier)),
                     BlocksMetadata(classifier->space()));
    for (const char* file : {"own.safetensors", "theirs.safetensors", "exported.safetensors"}) {
      SCOPED_TRACE(file);
      const auto pose = Pose(name, 2);
      LoadBackboneWeights(*pose, folder / file);
      ExpectBackboneOf(*pose, *classifier, *initial);
    }
  }
}

// What a supernet shares with a network that was found in it.
TEST(LoadBackboneWeights, OfASupernetWhatHasTheName) {
  const TempDir folder;
  const auto supernet = MakeSupernet(Space(), at::kFloat), before = MakeSupernet(Space(), at::kFloat);
  const auto network = MakeNetwork(Space().Select({1, 0, 0, 0}));
  test::RandomiseState(*network, 99);
  WriteSafetensors(folder / "w.safetensors", StateOf(*network));
  LoadBackboneWeights(*supernet, folder / "w.safetensors");
  const auto given = ByName(*network), initial = ByName(*before);
  for (const auto& [name, tensor] : StateOf(*supernet)) {
    const bool taken = given.contains(name) && !name.starts_with("layers.2") && !name.starts_with("layers.3") &&
                       !name.starts_with("head.");
    ExpectSameBits(tensor, taken ? given.at(name) : initial.at(name));
  }
}

TEST(LoadBackboneWeights, MistakesAreNamed) {
  const TempDir folder;
  const auto pose = Pose("shufflenetv2_0.5", 2);
  const auto fails = [&](const Supernet& other, std::initializer_list<std::string_view> words) {
    WriteSafetensors(folder / "w.safetensors", StateOf(other));
    ExpectErrorContains<CheckpointError>([&] { LoadBackboneWeights(*pose, folder / "w.safetensors"); }, words);
  };
  SpaceParts parts = MakeZooNetwork("shufflenetv2_0.5_full").parts();
  parts.stem.kernel = 5;
  const auto other_stem = MakeNetwork(SearchSpace(parts));
  InitializeWeights(*other_stem, 1);
  fails(*other_stem, {"w.safetensors", "stem.conv.weight is [24, 3, 5, 5] instead of [24, 3, 3, 3]"});
  WriteSafetensors(folder / "w.safetensors", {{"blocks.0.weight", at::zeros({3})}});
  ExpectErrorContains<CheckpointError>(
      [&] { LoadBackboneWeights(*pose, folder / "w.safetensors"); },
      {"none of its 1 tensor (blocks.0.weight) is one of the backbone of shufflenetv2_0.5_heat_maps",
       "stem.conv.weight"});
  // By names that leave the blocks out, the backbone's must be the file's.
  const auto other = Pose("mobilenetv2_0.25", 1);
  WriteSafetensors(folder / "w.safetensors", ByExportedNames(pose->space(), StateOf(*pose)),
                   BlocksMetadata(pose->space()));
  LoadBackboneWeights(*Pose("shufflenetv2_0.5", 1), folder / "w.safetensors");
  ExpectErrorContains<CheckpointError>([&] { LoadBackboneWeights(*other, folder / "w.safetensors"); },
                                       {"of another network: its layer 0 is \"max_pool_k3\""});
}

// SimpleBaseline's own names: those of torchvision's resnet, deconv_layers and final_layer.
TEST(TorchvisionNames, OfHeatMapsAreSimpleBaselines) {
  const auto network = MakeNetwork(WithHeatMapHead(MakeZooNetwork("resnet50_full"), {.groups = {1}}));
  const auto names = TorchvisionNames(network->space()).value();
  using testing::Contains;
  using testing::Pair;
  EXPECT_THAT(names, Contains(Pair("layers.16.residual_r4_n3.expand.norm.running_var", "layer4.2.bn3.running_var")));
  EXPECT_THAT(names, Contains(Pair("layers.17.deconvolution_g1_k4.deconv.conv.weight", "deconv_layers.0.weight")));
  EXPECT_THAT(names, Contains(Pair("layers.19.deconvolution_g1_k4.deconv.norm.bias", "deconv_layers.7.bias")));
  EXPECT_THAT(names, Contains(Pair("head.heat_maps.weight", "final_layer.weight")));
  for (const auto& [name, tensor] : StateOf(*network)) EXPECT_TRUE(names.contains(name)) << name;
}

}  // namespace
}  // namespace danas
