#include "danas/nn/supernet.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "danas/cost/cost_model.h"
#include "danas/nn/norm.h"
#include "tests/nn/nn_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectClose;
using test::ExpectSameBits;
using test::RandomImages;

constexpr Size kSize{16, 16};

SearchSpace Small(const std::string& name) { return LoadSpace(name, kSize, 7).space.WithDropout(0); }

// Every kind of block with every kind of operator, on narrow layers that keep, halve and widen.
SearchSpace EveryBlock() {
  std::vector<BlockSpec> blocks;
  for (const OperatorSpec op : {OperatorSpec{OperatorKind::kDepthwise, 5}, OperatorSpec{OperatorKind::kNormal, 3}}) {
    for (const double expand : {1.0, 3.0}) {
      blocks.push_back({.op = op, .expand = expand});
      blocks.push_back({.op = op, .expand = expand, .squeeze_excite = true});
    }
    if (op.kind == OperatorKind::kNormal) blocks.push_back({.op = op, .expand = 3, .fused = true});
    for (const BlockKind kind : {BlockKind::kShuffleA, BlockKind::kShuffleX, BlockKind::kShuffleV1,
                                 BlockKind::kShuffleV2, BlockKind::kResidual, BlockKind::kDepthwiseSeparable}) {
      blocks.push_back({.kind = kind, .op = op, .activation = Activation::kHardSwish});
    }
    if (op.kind != OperatorKind::kNormal) continue;
    for (const BlockKind kind : {BlockKind::kBasic, BlockKind::kConvolution}) {
      blocks.push_back({.kind = kind, .op = op, .activation = Activation::kHardSwish});
    }
  }
  blocks.push_back({.kind = BlockKind::kMaxPool});
  blocks.push_back({.kind = BlockKind::kIdentity, .project = true});
  SpaceParts parts;
  parts.name = "every_block";
  parts.input = kSize;
  parts.classes = 7;
  parts.stem = {.channels = 8};
  const Size half{8, 8}, quarter{4, 4};
  for (const LayerShape& shape : {LayerShape{8, 8, 1, half}, LayerShape{8, 12, 2, half}, LayerShape{12, 12, 1, quarter},
                                  LayerShape{12, 16, 1, quarter}, LayerShape{16, 16, 1, quarter}}) {
    LayerSpec layer{shape, {}};
    std::ranges::copy_if(blocks, std::back_inserter(layer.candidates),
                         [&](const BlockSpec& block) { return WhyInvalid(block, shape).empty(); });
    parts.layers.push_back(layer);
  }
  parts.head = {.channels = 20};
  return SearchSpace(parts);
}

// With shuffle blocks that keep the order of channels.
SearchSpace InOrder(const SearchSpace& space) {
  SpaceParts parts = space.parts();
  parts.name += "_in_order";
  parts.channel_order = ChannelOrder::kKept;
  return SearchSpace(parts);
}

std::vector<SearchSpace> Spaces() {
  const SearchSpace mixed = Small("shuffle_mobile_small");
  return {EveryBlock(), Small("mobile_small"), Small("defined_small"), mixed, InOrder(EveryBlock()), InOrder(mixed)};
}

std::shared_ptr<Supernet> MakeSupernet(const SearchSpace& space) {
  auto supernet = std::make_shared<Supernet>(space, SupernetOptions{});
  InitializeWeights(*supernet, 5);
  return supernet;
}

at::Tensor Images(uint64_t seed) { return RandomImages({5, 3, kSize.height, kSize.width}, seed); }

std::vector<at::Tensor> Batches(uint64_t count) {
  std::vector<at::Tensor> batches;
  for (uint64_t i = 0; i < count; ++i) batches.push_back(Images(100 + i));
  return batches;
}

// Another candidate in every layer, `offset` on from its index.
std::vector<size_t> RotatingChoice(const SearchSpace& space, size_t offset) {
  std::vector<size_t> choice;
  for (size_t l = 0; l < space.layers().size(); ++l)
    choice.push_back((l + offset) % space.layers()[l].candidates.size());
  return choice;
}

std::vector<LayerChoice> OneHot(const SearchSpace& space, const std::vector<size_t>& choice) {
  std::vector<LayerChoice> choices;
  for (size_t l = 0; l < choice.size(); ++l) {
    const at::Tensor p = at::zeros({static_cast<int64_t>(space.layers()[l].candidates.size())});
    p[static_cast<int64_t>(choice[l])] = 1;
    choices.push_back({.probability_c = p});
  }
  return choices;
}

std::vector<LayerChoice> Soft(const SearchSpace& space) {
  std::vector<LayerChoice> choices;
  for (const LayerSpec& layer : space.layers()) {
    const auto count = static_cast<int64_t>(layer.candidates.size());
    choices.push_back({.probability_c = at::softmax(test::RandomTensor({count}, choices.size(), at::kFloat), 0)});
  }
  return choices;
}

using State = std::map<std::string, at::Tensor>;

State StateByName(const Supernet& network) {
  State state;
  for (const auto& [name, tensor] : StateOf(network)) state[name] = tensor;
  return state;
}

State CopiedState(const Supernet& network) {
  State state;
  for (const auto& [name, tensor] : StateOf(network)) state[name] = tensor.clone();
  return state;
}

// The network of `choice`, with the supernet's weights and statistics; its own affine norms start as 1 and 0.
std::shared_ptr<Supernet> Derived(const Supernet& supernet, const std::vector<size_t>& choice) {
  auto network = MakeNetwork(supernet.space().Select(choice));
  InitializeWeights(*network, 6);
  const State whole = StateByName(supernet);
  for (const auto& [name, tensor] : StateOf(*network)) {
    const auto same = whole.find(name);
    if (same != whole.end()) {
      at::Tensor(tensor).copy_(same->second);
    } else {
      EXPECT_TRUE(name.ends_with("norm.weight") || name.ends_with("norm.bias")) << name;
    }
  }
  return network;
}

TEST(Supernet, OneHotEqualsItsNetworkWithBatchStatistics) {
  const at::NoGradGuard no_gradient;
  for (const SearchSpace& space : Spaces()) {
    const auto supernet = MakeSupernet(space);
    for (const size_t offset : {size_t{0}, size_t{5}, size_t{10}}) {
      SCOPED_TRACE(space.name() + " from candidate " + std::to_string(offset));
      const std::vector<size_t> choice = RotatingChoice(space, offset);
      const auto network = Derived(*supernet, choice);
      const at::Tensor logits = network->forward(Images(1));
      EXPECT_GT(logits.std().item<double>(), 0.1);
      ExpectClose(supernet->forward(Images(1), OneHot(space, choice)), logits, 1e-5);
      std::vector<LayerChoice> paths;
      for (const size_t path : choice) paths.push_back({.path = path});
      ExpectClose(supernet->forward(Images(1), paths), logits, 1e-5);
    }
  }
}

TEST(SlowSupernet, OneHotEqualsItsNetworkWithRecalibratedStatistics) {
  const at::NoGradGuard no_gradient;
  for (const SearchSpace& space : Spaces()) {
    const auto supernet = MakeSupernet(space);
    supernet->forward(Images(2), Soft(space));  // statistics of other paths, which recalibration forgets
    for (const size_t offset : {size_t{0}, size_t{5}}) {
      SCOPED_TRACE(space.name() + " from candidate " + std::to_string(offset));
      const std::vector<size_t> choice = RotatingChoice(space, offset);
      const auto network = Derived(*supernet, choice);
      Recalibrate(*supernet, OneHot(space, choice), Batches(3));
      Recalibrate(*network, {}, Batches(3));
      const at::Tensor logits = network->forward(Images(1));
      ExpectClose(supernet->forward(Images(1), OneHot(space, choice)), logits, 1e-5);
      // One image at a time: nothing depends on the batch any more.
      ExpectClose(network->forward(Images(1).narrow(0, 2, 1)), logits.narrow(0, 2, 1), 1e-5);
    }
  }
}

TEST(Supernet, RecalibrationMovesTheReachedNormsAlone) {
  const SearchSpace space = Small("mobile_small");
  const auto supernet = MakeSupernet(space);
  std::vector<LayerChoice> choices;
  for (size_t l = 0; l < space.layers().size(); ++l) choices.push_back({.path = 1});
  const State before = CopiedState(*supernet);
  Recalibrate(*supernet, choices, Batches(2));
  for (const auto& [name, tensor] : StateOf(*supernet)) {
    const bool reached = !name.starts_with("layers.") || name.find(".ir_e1_k5.") != std::string::npos;
    const bool moves = reached && name.find(".running_") != std::string::npos;
    EXPECT_EQ(at::equal(tensor, before.at(name)), !moves) << name;
  }
  EXPECT_FALSE(supernet->is_training());
}

TEST(Supernet, FrozenModeMovesNoStatistics) {
  const SearchSpace space = Small("shuffle_mobile_small");
  const auto supernet = MakeSupernet(space);
  for (const at::Tensor& weight : supernet->parameters()) at::Tensor(weight).set_requires_grad(false);
  std::vector<LayerChoice> choices = Soft(space);
  for (LayerChoice& choice : choices) choice.probability_c.set_requires_grad(true);
  const State before = CopiedState(*supernet);

  SetNormMode(*supernet, NormMode::kBatchFrozen);
  const at::Tensor logits = supernet->forward(Images(1), choices);
  logits.square().sum().backward();
  for (const auto& [name, tensor] : StateOf(*supernet)) ExpectSameBits(tensor, before.at(name));
  for (const LayerChoice& choice : choices) EXPECT_TRUE(choice.probability_c.grad().defined());

  SetNormMode(*supernet, NormMode::kBatch);
  ExpectSameBits(supernet->forward(Images(1), choices), logits);
  for (const auto& [name, tensor] : StateOf(*supernet)) {
    EXPECT_EQ(at::equal(tensor, before.at(name)), name.find(".running_") == std::string::npos) << name;
  }
}

TEST(Supernet, PruningKeepsTheSurvivorsTensors) {
  const SearchSpace space = Small("shuffle_mobile_small");
  const auto supernet = MakeSupernet(space);
  supernet->forward(Images(1), Soft(space));
  const std::map<size_t, std::set<size_t>> dropped = {{0, {0, 2, 3}}, {3, {1, 11}}, {6, {4}}};
  const State before = CopiedState(*supernet);
  const auto smaller = supernet->Without(dropped);
  EXPECT_EQ(smaller->space(), space.Without(dropped));

  std::set<std::string> gone_prefixes;
  for (const auto& [layer, candidates] : dropped) {
    for (const size_t c : candidates) {
      const std::string name = CandidateName(space.layers()[layer].candidates[c]);
      gone_prefixes.insert("layers." + std::to_string(layer) + "." + name + ".");
    }
  }
  const State survivors = StateByName(*smaller), whole = StateByName(*supernet);
  for (const auto& [name, tensor] : whole) {
    const bool gone = std::ranges::any_of(gone_prefixes, [&](const auto& prefix) { return name.starts_with(prefix); });
    ASSERT_EQ(survivors.contains(name), !gone) << name;
    if (gone) continue;
    EXPECT_EQ(survivors.at(name).data_ptr(), tensor.data_ptr()) << name;
    ExpectSameBits(survivors.at(name), before.at(name));
  }
  EXPECT_LT(survivors.size(), whole.size());
}

TEST(Supernet, PrunedEqualsTheWholeWithZeroProbabilities) {
  const at::NoGradGuard no_gradient;
  const SearchSpace space = Small("shuffle_mobile_small");
  const auto supernet = MakeSupernet(space);
  const std::map<size_t, std::set<size_t>> dropped = {{0, {0, 2, 3}}, {3, {1, 11}}};
  std::vector<LayerChoice> choices = Soft(space), of_survivors = choices;
  for (const auto& [layer, candidates] : dropped) {
    std::vector<int64_t> kept;
    at::Tensor& p = choices[layer].probability_c;
    for (int64_t c = 0; c < p.numel(); ++c) {
      if (candidates.contains(static_cast<size_t>(c))) {
        p[c] = 0;
      } else {
        kept.push_back(c);
      }
    }
    of_survivors[layer].probability_c = p.index_select(0, at::tensor(kept));
  }
  const at::Tensor expected = supernet->forward(Images(1), choices);
  ExpectSameBits(supernet->Without(dropped)->forward(Images(1), of_survivors), expected);
}

TEST(Supernet, PruningKeepsTheMode) {
  const SearchSpace space = Small("mobile_small");
  const auto supernet = MakeSupernet(space);
  for (const NormMode mode : {NormMode::kRunning, NormMode::kBatch}) {
    SetNormMode(*supernet, mode);
    const auto smaller = supernet->Without({{1, {0}}});
    EXPECT_EQ(smaller->is_training(), mode == NormMode::kBatch);
    EXPECT_EQ(smaller->layer(1).is_training(), mode == NormMode::kBatch);
  }
}

TEST(Supernet, ClassifiesFeatures) {
  const SearchSpace space = Small("mobile_small");
  const auto supernet = MakeSupernet(space);
  SetNormMode(*supernet, NormMode::kBatchFrozen);
  const std::vector<LayerChoice> choices = Soft(space);
  const at::Tensor features = supernet->Features(Images(1), choices);
  EXPECT_EQ(features.sizes(), at::IntArrayRef({5, space.classifier_channels()}));
  const State state = StateByName(*supernet);
  ExpectClose(supernet->forward(Images(1), choices),
              at::matmul(features, state.at("head.classifier.weight").t()) + state.at("head.classifier.bias"), 1e-6);
}

// VGG's end, and no stem: a head of 2 x 2 pooling and two hidden layers.
TEST(Supernet, ClassifiesThroughHiddenLayers) {
  SpaceParts parts;
  parts.name = "hidden";
  parts.input = kSize;
  parts.classes = 7;
  parts.stem = {.channels = 0, .stride = 1};
  parts.layers = {{{3, 8, 1, kSize}, {{.kind = BlockKind::kConvolution, .op = {OperatorKind::kNormal, 3}}}}};
  parts.head = {.pool = 2, .hidden = {10, 9}, .dropout = 0.5};
  const SearchSpace space(parts);
  const auto network = MakeNetwork(space);
  InitializeWeights(*network, 5);
  SetNormMode(*network, NormMode::kRunning);
  const State state = StateByName(*network);
  const at::Tensor map = network->layer(0).forward(Images(1), {});
  const at::Tensor features = map.contiguous().view({5, 8, 2, 8, 2, 8}).mean({3, 5}).flatten(1);
  ExpectClose(network->Features(Images(1)), features, 1e-6);
  const auto connected = [&](const at::Tensor& x, const std::string& name) {
    return at::matmul(x, state.at(name + ".weight").t()) + state.at(name + ".bias");
  };
  const at::Tensor hidden = connected(features, "head.hidden.0").clamp_min(0);
  ExpectClose(network->forward(Images(1)),
              connected(connected(hidden, "head.hidden.1").clamp_min(0), "head.classifier"), 1e-6);
  EXPECT_EQ(space.classifier_channels(), 9);
  EXPECT_EQ(space.pooled_features(), 32);
}

TEST(Supernet, TakesImagesOfAnyLayout) {
  const SearchSpace space = Small("mobile_small");
  const auto supernet = MakeSupernet(space);
  SetNormMode(*supernet, NormMode::kBatchFrozen);
  ExpectClose(supernet->forward(Images(1).contiguous(), Soft(space)), supernet->forward(Images(1), Soft(space)), 1e-5);
}

TEST(Supernet, StaysInItsLayout) {
  for (const at::MemoryFormat layout : {at::MemoryFormat::ChannelsLast, at::MemoryFormat::Contiguous}) {
    for (const SearchSpace& space : {EveryBlock(), InOrder(EveryBlock()), Small("mobile_small")}) {
      SCOPED_TRACE(space.name() + ", layout " + std::to_string(static_cast<int>(layout)));
      // The fused kernels know channels_last alone.
      const bool fused = layout == at::MemoryFormat::ChannelsLast;
      const auto supernet = std::make_shared<Supernet>(
          space, SupernetOptions{.how = {.kernels = fused ? KernelChoice::kAuto : KernelChoice::kAten}});
      InitializeWeights(*supernet, 5);
      test::SetLayout(*supernet, layout);
      std::vector<LayerChoice> choices = Soft(space);
      for (LayerChoice& choice : choices) choice.probability_c.set_requires_grad(true);
      const at::Tensor images = Images(1).contiguous(layout);
      EXPECT_THAT(
          test::OperatorsOutside(layout, 5, [&] { supernet->forward(images, choices).square().sum().backward(); }),
          testing::IsEmpty());
    }
  }
}

TEST(Supernet, DropsOutWhileTrainingAlone) {
  const SearchSpace space = Small("mobile_small").WithDropout(0.5);
  const auto supernet = MakeSupernet(space);
  const std::vector<LayerChoice> choices = Soft(space);
  SetNormMode(*supernet, NormMode::kBatchFrozen);
  EXPECT_FALSE(at::equal(supernet->forward(Images(1), choices), supernet->forward(Images(1), choices)));
  supernet->train(false);
  ExpectSameBits(supernet->forward(Images(1), choices), supernet->forward(Images(1), choices));
}

TEST(Supernet, RefusesChoicesThatDoNotFit) {
  const SearchSpace space = Small("mobile_small");
  const auto supernet = MakeSupernet(space);
  const auto layers = std::to_string(space.layers().size());
  test::ExpectErrorContains<std::invalid_argument>([&] { supernet->forward(Images(1)); },
                                                   {"of " + layers + " layers got 0 choices"});
  std::vector<LayerChoice> choices = Soft(space);
  choices.pop_back();
  test::ExpectErrorContains<std::invalid_argument>([&] { supernet->forward(Images(1), choices); }, {"choices"});
  test::ExpectErrorContains<ConfigError>([&] { MakeNetwork(space); }, {"mobile_small", "several candidates"});
}

TEST(Supernet, NamesItsTensorsAsDocumented) {
  SearchSpace space = Small("mobile_small");
  const auto names = StateByName(*MakeSupernet(space));
  for (const char* name :
       {"stem.conv.weight", "layers.3.ir_e3_k5.expand.conv.weight", "layers.3.ir_e3_k5.op.conv.weight",
        "layers.3.ir_e3_k5.project.norm.running_mean", "head.classifier.weight"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
}

// "shuffle_mobile:proxyless" and so on: every skeleton of every shipped space.
std::vector<std::string> ShippedSkeletons() {
  std::vector<std::string> names;
  for (const std::string& name : ShippedSpaces()) {
    const Json file = Json::parse(test::ReadText(test::SourcePath("configs/spaces/" + name + ".json")));
    if (!file.contains("skeletons")) {
      names.push_back(name);
      continue;
    }
    for (const auto& [skeleton, value] : file.at("skeletons").items()) names.push_back(name + ":" + skeleton);
  }
  return names;
}

TEST(Network, HasAsManyParametersAsTheCostModelCounts) {
  EXPECT_GT(ShippedSkeletons().size(), ShippedSpaces().size());
  for (const std::string& name : ShippedSkeletons()) {
    const SearchSpace space = LoadSpace(name).space;
    size_t most = 0;
    for (const LayerSpec& layer : space.layers()) most = std::max(most, layer.candidates.size());
    for (size_t c = 0; c < most; ++c) {
      SCOPED_TRACE(name + ", candidate " + std::to_string(c));
      std::vector<size_t> choice;
      for (const LayerSpec& layer : space.layers()) choice.push_back(c % layer.candidates.size());
      const SearchSpace network = space.Select(choice);
      int64_t elements = 0;
      for (const at::Tensor& parameter : MakeNetwork(network)->parameters()) elements += parameter.numel();
      EXPECT_EQ(elements, CountParameters(network));
    }
  }
}

}  // namespace
}  // namespace danas
