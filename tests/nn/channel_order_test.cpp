// Stages of shuffle blocks that keep the order of channels, against the same stages as published.
#include "danas/arch/channel_order.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "danas/core/error.h"
#include "danas/cost/cost_model.h"
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
using test::TempDir;

constexpr int kLayers = 6;

BlockSpec Shuffle(BlockKind kind, int kernel = 3) {
  return {.kind = kind, .op = {.kernel = kernel}, .activation = Activation::kRelu};
}

// A stem of half as many channels, and a stage of these blocks in turn; it begins with one of stride 2, or without it
// right behind a stem of all channels.
SearchSpace Stage(const std::vector<BlockSpec>& blocks, int channels, bool strided, ChannelOrder order) {
  SpaceParts parts;
  parts.name = "stage";
  parts.input = {9, 8};
  parts.classes = 3;
  parts.stem = {.channels = strided ? channels / 2 : channels, .stride = 1};
  Size size = parts.input;
  for (size_t l = 0; l < kLayers; ++l) {
    LayerShape shape{channels, channels, 1, size};
    if (l == 0 && strided) shape.in = channels / 2, shape.stride = 2;
    parts.layers.push_back({shape, {blocks[l % blocks.size()]}});
    size = shape.output();
  }
  parts.head = {};
  parts.channel_order = order;
  return SearchSpace(parts);
}

// What comes out of every layer.
std::vector<at::Tensor> Outputs(Supernet& network, const at::Tensor& images) {
  std::vector<at::Tensor> outputs{network.Stem(images)};
  for (size_t l = 0; l < network.space().layers().size(); ++l) {
    outputs.push_back(network.layer(l).forward(outputs.back(), {}));
  }
  outputs.erase(outputs.begin());
  return outputs;
}

struct Pair {
  std::shared_ptr<Supernet> shuffled, kept;
};

Pair MakePair(const std::vector<BlockSpec>& blocks, int channels, bool strided, const NnConfig& how,
              at::ScalarType type = at::kFloat) {
  Pair pair{MakeNetwork(Stage(blocks, channels, strided, ChannelOrder::kShuffled), how),
            MakeNetwork(Stage(blocks, channels, strided, ChannelOrder::kKept), how)};
  for (const auto& network : {pair.shuffled, pair.kept}) {
    network->to(type);
    test::RandomiseState(*network, 3);
  }
  return pair;
}

struct Blocks {
  const char* text;
  std::vector<BlockSpec> blocks;
  int sign;  // what was shuffled `place` times stands in order after so many shuffles more
};

std::vector<Blocks> StagesOfOneKind() {
  return {
      {"A", {Shuffle(BlockKind::kShuffleA)}, 1},
      {"X", {Shuffle(BlockKind::kShuffleX)}, 1},
      {"A and X", {Shuffle(BlockKind::kShuffleA, 5), Shuffle(BlockKind::kShuffleX), Shuffle(BlockKind::kShuffleA)}, 1},
      {"V2", {Shuffle(BlockKind::kShuffleV2)}, -1}};
}

// The property that the option rests on, to the bit: every layer's output as published is the one in order, its
// channels moved by a permutation that the layer's place alone decides.
TEST(ChannelOrder, KeptIsShuffledUpToAPermutation) {
  const at::NoGradGuard no_gradient;
  for (const auto& [text, blocks, sign] : StagesOfOneKind()) {
    for (const int channels : {8, 12, 20, 32}) {
      for (const bool strided : {true, false}) {
        for (const KernelChoice kernels : {KernelChoice::kAuto, KernelChoice::kAten}) {
          SCOPED_TRACE(std::string(text) + ", " + std::to_string(channels) + " channels, " +
                       (strided ? "from stride 2" : "from a stem"));
          const Pair pair = MakePair(blocks, channels, strided, {.kernels = kernels});
          const at::Tensor images = test::RandomImages({4, 3, 9, 8}, 7);
          const std::vector<at::Tensor> shuffled = Outputs(*pair.shuffled, images), kept = Outputs(*pair.kept, images);
          for (size_t l = 0; l < kept.size(); ++l) {
            SCOPED_TRACE("layer " + std::to_string(l));
            const int place = *pair.kept->space().StagePlace(l);
            EXPECT_EQ(place, static_cast<int>(l) + (strided ? 0 : 1));
            const at::Tensor order = at::tensor(ShuffledChannels(channels, sign * place));
            ExpectSameBits(kept[l].index_select(1, order), shuffled[l]);
          }
          EXPECT_FALSE(at::equal(kept[1], shuffled[1]));
        }
      }
    }
  }
}

TEST(ChannelOrder, KeptHasTheGradientsOfShuffled) {
  for (const auto& [text, blocks, sign] : StagesOfOneKind()) {
    SCOPED_TRACE(text);
    const Pair pair = MakePair(blocks, 12, true, {}, at::kDouble);
    const at::Tensor images = test::RandomImages({4, 3, 9, 8}, 7, at::kDouble);
    const at::Tensor weight = test::RandomImages({4, 12, 5, 4}, 8, at::kDouble);
    const at::Tensor order = at::tensor(ShuffledChannels(12, sign * (kLayers - 1)));
    (Outputs(*pair.shuffled, images).back() * weight).sum().backward();
    (Outputs(*pair.kept, images).back().index_select(1, order) * weight).sum().backward();
    const auto kept = pair.kept->named_parameters();
    for (const auto& item : pair.shuffled->named_parameters()) {
      if (!item.value().grad().defined()) continue;  // of the head
      SCOPED_TRACE(item.key());
      ExpectClose(kept[item.key()].grad(), item.value().grad(), 1e-12, 1e-12);
    }
  }
}

// Channels that pass stay where they are, so that they meet those of an identity or an inverted residual.
TEST(ChannelOrder, ChannelsThatPassStayInTheirPlaces) {
  const at::NoGradGuard no_gradient;
  for (const BlockKind kind : {BlockKind::kShuffleA, BlockKind::kShuffleX, BlockKind::kShuffleV2}) {
    const Pair pair = MakePair({Shuffle(kind)}, 12, true, {});
    const std::vector<at::Tensor> outputs = Outputs(*pair.kept, test::RandomImages({2, 3, 9, 8}, 7));
    for (int place = 1; place < kLayers; ++place) {
      const auto at = static_cast<size_t>(place);
      const std::vector<int64_t> branch = BranchChannels(kind, 12, place);
      int changed = 0;
      for (int64_t channel = 0; channel < 12; ++channel) {
        const bool passes = std::ranges::find(branch, channel) == branch.end();
        const bool same = at::equal(outputs[at].select(1, channel), outputs[at - 1].select(1, channel));
        EXPECT_TRUE(same || !passes) << "place " << place << ", channel " << channel;
        changed += same ? 0 : 1;
      }
      EXPECT_GE(changed, 4) << "place " << place;  // of 6; relu may leave one at 0
    }
  }
}

TEST(ChannelOrder, CostsNothing) {
  const std::vector<BlockSpec> blocks = {Shuffle(BlockKind::kShuffleA), Shuffle(BlockKind::kShuffleX)};
  const SearchSpace shuffled = Stage(blocks, 20, true, ChannelOrder::kShuffled);
  const SearchSpace kept = Stage(blocks, 20, true, ChannelOrder::kKept);
  EXPECT_EQ(CountMacs(kept), CountMacs(shuffled));
  EXPECT_EQ(CountParameters(kept), CountParameters(shuffled));
}

// Weights of the two orders have the same names and sizes, and mean different things.
TEST(ChannelOrder, WeightsOfTheOtherOrderAreRefused) {
  const TempDir folder;
  const Pair pair = MakePair({Shuffle(BlockKind::kShuffleA)}, 8, true, {});
  const std::vector<std::string> ids = {"a", "b", "c"};
  const auto write = [&](const Supernet& network, const std::map<std::string, std::string>& metadata) {
    WriteSafetensors(folder / "w.safetensors", StateOf(network), metadata);
  };
  EXPECT_EQ(WeightsMetadata(pair.shuffled->space(), ids).count("channel_order"), 0U);
  EXPECT_EQ(WeightsMetadata(pair.kept->space(), ids).at("channel_order"), "kept");
  write(*pair.kept, WeightsMetadata(pair.kept->space(), ids));
  LoadWeights(*pair.kept, folder / "w.safetensors", ids);
  ExpectErrorContains<CheckpointError>([&] { LoadWeights(*pair.shuffled, folder / "w.safetensors", ids); },
                                       {"w.safetensors", "channel_order 'kept'", "network stage is 'shuffled'"});
  write(*pair.shuffled, WeightsMetadata(pair.shuffled->space(), ids));
  LoadWeights(*pair.shuffled, folder / "w.safetensors", ids);
  ExpectErrorContains<CheckpointError>([&] { LoadWeights(*pair.kept, folder / "w.safetensors", ids); },
                                       {"channel_order 'shuffled'", "network stage is 'kept'"});
  write(*pair.shuffled, {});  // as somebody else's program writes them
  LoadWeights(*pair.kept, folder / "w.safetensors", ids);
}

// torchvision has no such network; its weights by its names would meet other channels.
TEST(ChannelOrder, TorchvisionHasNoneThatIsKept) {
  const Pair pair = MakePair({Shuffle(BlockKind::kShuffleV2)}, 8, true, {});
  EXPECT_TRUE(TorchvisionNames(pair.shuffled->space()).has_value());
  EXPECT_FALSE(TorchvisionNames(pair.kept->space()).has_value());
}

}  // namespace
}  // namespace danas
