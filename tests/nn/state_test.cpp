#include "danas/nn/state.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <memory>

#include "danas/core/error.h"
#include "tests/nn/nn_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectClose;
using test::ExpectSameBits;

struct Part : torch::nn::Module {
  Part() {
    weight = register_parameter("weight", test::RandomImages({4, 3, 2, 2}, 1));
    counter = register_buffer("counter", at::tensor({7}, at::kLong));
  }
  at::Tensor weight, counter;
};

struct Whole : torch::nn::Module {
  Whole() {
    bias = register_parameter("bias", test::RandomTensor({5}, 2, at::kFloat));
    part = register_module("part", std::make_shared<Part>());
  }
  at::Tensor bias;
  std::shared_ptr<Part> part;
};

std::vector<std::string> Names(const NamedTensors& state) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : state) names.push_back(name);
  return names;
}

// Other values than Whole's own.
NamedTensors OtherState() {
  NamedTensors state;
  for (const auto& [name, tensor] : StateOf(Whole())) state.emplace_back(name, tensor.contiguous() + 1);
  return state;
}

TEST(State, IsTheModulesOwnTensors) {
  const Whole module;
  const NamedTensors state = StateOf(module);
  EXPECT_THAT(Names(state), testing::ElementsAre("bias", "part.weight", "part.counter"));
  EXPECT_EQ(state[1].second.data_ptr(), module.part->weight.data_ptr());
  for (const auto& [name, tensor] : state) EXPECT_FALSE(tensor.requires_grad()) << name;
}

TEST(State, LoadCopiesIntoTheSameTensorsAndLayout) {
  Whole module;
  const void* place = module.part->weight.data_ptr();
  NamedTensors given = OtherState();
  std::ranges::reverse(given);
  LoadState(module, given, "weights.safetensors");
  EXPECT_EQ(module.part->weight.data_ptr(), place);
  EXPECT_TRUE(module.part->weight.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(module.part->weight.requires_grad());
  for (const auto& [name, tensor] : StateOf(module)) {
    const auto same = std::ranges::find_if(given, [&](const auto& item) { return item.first == name; });
    ExpectSameBits(tensor, same->second);
    EXPECT_NE(tensor.data_ptr(), same->second.data_ptr()) << name;
  }
}

TEST(State, LoadConvertsFloatingTypes) {
  Whole module;
  NamedTensors given = OtherState();
  const at::Tensor bias = given[0].second.clone();
  given[0].second = bias.to(at::kDouble);
  LoadState(module, given, "w");
  ExpectSameBits(module.bias, bias);
  given[0].second = bias.to(at::kHalf);
  LoadState(module, given, "w");
  EXPECT_EQ(module.bias.scalar_type(), at::kFloat);
  ExpectClose(module.bias, bias, 0, 1e-3);
}

void ExpectRefusedAndUntouched(const NamedTensors& given, std::initializer_list<std::string_view> words) {
  Whole module;
  const NamedTensors before = StateOf(Whole());
  test::ExpectErrorContains<CheckpointError>([&] { LoadState(module, given, "runs/a/weights.safetensors"); }, words);
  const NamedTensors after = StateOf(module);
  for (size_t i = 0; i < before.size(); ++i) ExpectSameBits(after[i].second, before[i].second);
}

TEST(State, LoadListsEveryKindOfDifferenceAndCopiesNothing) {
  NamedTensors given = OtherState();
  given[0].first = "Bias";
  given[1].second = at::zeros({4, 3, 3, 3});
  given[2].second = at::zeros({1});
  ExpectRefusedAndUntouched(given, {"runs/a/weights.safetensors does not fit", "1 missing: bias", "1 unexpected: Bias",
                                    "1 with a different shape: part.weight is [4, 3, 3, 3] instead of [4, 3, 2, 2]",
                                    "1 with a different type: part.counter is float32 instead of int64"});
}

TEST(State, LoadListsTheFirstOfManyNames) {
  NamedTensors given = OtherState();
  for (int i = 0; i < 7; ++i) given.emplace_back("extra" + std::to_string(i), at::zeros({1}));
  ExpectRefusedAndUntouched(given, {"7 unexpected: extra0, extra1, extra2, extra3, extra4, ..."});
  ExpectRefusedAndUntouched({}, {"3 missing: bias, part.weight, part.counter."});
}

}  // namespace
}  // namespace danas
