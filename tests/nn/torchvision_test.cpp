// The zoo's networks with torchvision's weights answer as torchvision's do. tests/golden/torchvision_logits.py makes
// the weights from a formula; here they are made again, by torchvision's names.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "danas/arch/zoo.h"
#include "danas/core/error.h"
#include "danas/core/json.h"
#include "danas/nn/safetensors.h"
#include "danas/nn/torchvision_names.h"
#include "danas/nn/weights_file.h"
#include "tests/support/test_support.h"
#include "tests/support/torch_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using test::TempDir;

// As in torchvision_logits.py: in [-1, 1).
std::vector<double> Uniform(std::string_view name, int64_t count) {
  uint64_t key = 0xcbf29ce484222325;
  for (const char c : name) key = (key ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  std::vector<double> values(static_cast<size_t>(count));
  for (double& value : values) {
    uint64_t x = key += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    x ^= x >> 31;
    value = static_cast<double>(x >> 40) / (1 << 23) - 1;
  }
  return values;
}

at::Tensor Weight(const std::string& name, at::IntArrayRef sizes, double gain) {
  double scale = 0.2, centre = 0;
  if (sizes.size() == 4) {
    scale = gain * std::sqrt(6.0 / static_cast<double>(sizes[1] * sizes[2] * sizes[3]));
  } else if (sizes.size() == 2) {
    scale = std::sqrt(3.0 / static_cast<double>(sizes[1]));
  } else if (name.ends_with("running_var")) {
    scale = 0.5, centre = 1;
  } else if (name.ends_with("weight")) {
    scale = 0.3, centre = 1;
  }
  const at::Tensor weight = at::empty(sizes);
  auto* to = weight.mutable_data_ptr<float>();
  for (const double value : Uniform(name, weight.numel())) *to++ = static_cast<float>(centre + scale * value);
  return weight;
}

at::Tensor Images(int64_t side) {
  const auto tensor = [](const std::string& name, at::IntArrayRef sizes) {
    std::vector<double> values = Uniform(name, c10::multiply_integers(sizes));
    return at::tensor(values, at::kDouble).view(sizes);
  };
  return (tensor("noise", {8, 3, side, side}) + 2 * tensor("colour", {8, 3, 1, 1})).to(at::kFloat);
}

const Json& Golden() {
  static const Json golden = Json::parse(test::ReadText(test::SourcePath("tests/golden/torchvision_logits.json")));
  return golden;
}

std::shared_ptr<Supernet> Network(const std::string& name) {
  const auto network = MakeNetwork(MakeZooNetwork(name + "_full"));
  SetNormMode(*network, NormMode::kRunning);
  return network;
}

// The formula's weights by torchvision's names.
NamedTensors WeightsOf(const Supernet& network, double gain) {
  const auto names = TorchvisionNames(network.space()).value();
  NamedTensors weights;
  for (const auto& [name, tensor] : StateOf(network)) {
    weights.emplace_back(names.at(name), Weight(names.at(name), tensor.sizes(), gain));
  }
  return weights;
}

void ExpectGoldenLogits(Supernet& network, const Json& golden) {
  const at::NoGradGuard no_gradient;
  const at::Tensor logits = network.forward(Images(golden["side"].get<int64_t>()));
  std::vector<double> expected;
  for (const Json& row : golden["logits"]) {
    for (const Json& value : row) expected.push_back(value.get<double>());
  }
  test::ExpectClose(logits.slice(1, 0, 1000, Golden()["every"].get<int64_t>()),
                    at::tensor(expected, at::kDouble).view({8, -1}), 1e-4);
}

class TorchvisionParity : public testing::TestWithParam<int> {
 protected:
  const Json& golden() const { return Golden()["networks"][static_cast<size_t>(GetParam())]; }
};
using SlowTorchvisionParity = TorchvisionParity;
INSTANTIATE_TEST_SUITE_P(Zoo, SlowTorchvisionParity, testing::Range(0, 9), [](const auto& index) {
  return Golden()["networks"][static_cast<size_t>(index.param)]["torchvision"].template get<std::string>();
});

TEST_P(SlowTorchvisionParity, LogitsAreThoseOfTorchvision) {
  const auto network = Network(golden()["network"]);
  LoadWeights(*network, WeightsOf(*network, golden()["gain"]), "the formula's weights");
  ExpectGoldenLogits(*network, golden());
}

// The same from the files of torchvision_logits.py --save in the folder that DANAS_TORCHVISION_WEIGHTS names.
class TorchvisionFiles : public TorchvisionParity {};
INSTANTIATE_TEST_SUITE_P(Zoo, TorchvisionFiles, testing::Range(0, 9), [](const auto& index) {
  return Golden()["networks"][static_cast<size_t>(index.param)]["torchvision"].template get<std::string>();
});

TEST_P(TorchvisionFiles, LogitsAreThoseOfTorchvision) {
  const std::string name = golden()["network"];
  const char* folder = std::getenv("DANAS_TORCHVISION_WEIGHTS");
  if (folder == nullptr) GTEST_SKIP() << "needs the folder that DANAS_TORCHVISION_WEIGHTS names";
  const auto network = Network(name);
  LoadWeights(*network, std::filesystem::path(folder) / (name + ".pth"));
  ExpectGoldenLogits(*network, golden());
}

TEST(TorchvisionNames, EveryTensorHasOneOfItsOwn) {
  for (const Json& golden : Golden()["networks"]) {
    const auto network = Network(golden["network"]);
    const auto names = TorchvisionNames(network->space()).value();
    std::set<std::string> theirs;
    for (const auto& [name, tensor] : StateOf(*network)) {
      ASSERT_TRUE(names.contains(name)) << name;
      EXPECT_TRUE(theirs.insert(names.at(name)).second) << names.at(name) << " twice";
    }
  }
}

// A few by hand, from torchvision's sources.
TEST(TorchvisionNames, FollowFromTheBlocks) {
  const auto names = [](const std::string& network) { return TorchvisionNames(MakeZooNetwork(network)).value(); };
  using testing::Contains;
  using testing::Pair;
  EXPECT_THAT(names("resnet18"),
              Contains(Pair("layers.3.basic_n3.shortcut.conv.weight", "layer2.0.downsample.0.weight")));
  EXPECT_THAT(names("resnet50"),
              Contains(Pair("layers.16.residual_r4_n3.expand.norm.running_var", "layer4.2.bn3.running_var")));
  EXPECT_THAT(names("vgg16"), Contains(Pair("head.hidden.1.weight", "classifier.3.weight")));
  EXPECT_THAT(names("mobilenetv2"),
              Contains(Pair("layers.0.ir_e1_k3.project.conv.weight", "features.1.conv.1.weight")));
  EXPECT_THAT(names("shufflenetv2"), Contains(Pair("head.expand.norm.bias", "conv5.1.bias")));
}

TEST(TorchvisionNames, OnlyOfNetworksThatTorchvisionHas) {
  EXPECT_FALSE(TorchvisionNames(MakeZooNetwork("mobilenetv1")).has_value());
  EXPECT_FALSE(TorchvisionNames(MakeZooNetwork("shufflenetv1")).has_value());
}

TEST(LoadWeights, OwnNamesAreTakenToo) {
  const auto from = Network("shufflenetv2_0.5"), to = Network("shufflenetv2_0.5");
  InitializeWeights(*from, 1);
  InitializeWeights(*to, 2);
  const TempDir folder;
  WriteSafetensors(folder / "own.safetensors", StateOf(*from));
  LoadWeights(*to, folder / "own.safetensors");
  const NamedTensors expected = StateOf(*from), found = StateOf(*to);
  for (size_t i = 0; i < expected.size(); ++i) test::ExpectSameBits(found[i].second, expected[i].second);
}

TEST(LoadWeights, AMismatchIsToldInTheFilesNames) {
  const auto network = Network("shufflenetv2_0.5");
  NamedTensors weights = WeightsOf(*network, 1);
  for (auto& [name, tensor] : weights) {
    if (name == "fc.weight") tensor = at::zeros({10, 1024});
    if (name == "fc.bias") name = "fc.offset";
  }
  ExpectErrorContains<CheckpointError>([&] { LoadWeights(*network, weights, "file"); },
                                       {"file does not fit", "1 missing: fc.bias", "1 unexpected: fc.offset",
                                        "fc.weight is [10, 1024] instead of [1000, 1024]"});
  ExpectErrorContains<CheckpointError>(
      [&] {
        LoadWeights(*network, {{"a", at::zeros({1})}}, "file");
      },
      {"missing: stem.conv.weight", "1 unexpected: a"});
}

TEST(LoadWeights, OtherFloatingTypesAreConverted) {
  const auto network = Network("shufflenetv2_0.5");
  NamedTensors weights = WeightsOf(*network, 1);
  for (auto& [name, tensor] : weights) tensor = tensor.to(at::kHalf);
  LoadWeights(*network, weights, "half");
  for (const auto& [name, tensor] : StateOf(*network)) EXPECT_EQ(tensor.scalar_type(), at::kFloat) << name;
}

}  // namespace
}  // namespace danas
