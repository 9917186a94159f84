// The spaces that come with danas: what the paper and the public codes say of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "danas/arch/space_file.h"
#include "tests/arch/arch_support.h"

namespace danas::test {
namespace {

const std::map<std::string, size_t> kCandidates = {{"mobile", 6},        {"shuffle", 6},         {"mobile_plus", 12},
                                                   {"shuffle_plus", 10}, {"shuffle_mobile", 18}, {"spos4", 4}};

TEST(ShippedSpaces, AreAllThere) {
  const std::vector<std::string> shipped = ShippedSpaces();
  for (const auto& [name, count] : kCandidates) {
    for (const std::string& expected : {name, name + "_small"}) {
      EXPECT_NE(std::find(shipped.begin(), shipped.end(), expected), shipped.end()) << expected;
    }
  }
}

TEST(ShippedSpaces, AreNamedAsTheirFiles) {
  for (const std::string& name : ShippedSpaces()) EXPECT_EQ(LoadSpace(name).space.name(), name);
}

// Each at its own size, and at the smallest and largest images it is meant for.
TEST(ShippedSpaces, ReadBackAtEverySize) {
  for (const std::string& name : ShippedSpaces()) {
    const SearchSpace space = LoadSpace(name).space;
    EXPECT_EQ(SpaceFromJson(ToJson(space), name), space) << name;
    for (const int side : {28, 64}) {
      const SearchSpace other = LoadSpace(name, {side, side}, 10).space;
      EXPECT_EQ(SpaceFromJson(ToJson(other), name), other) << name;
    }
  }
}

TEST(ShippedSpaces, HaveThePapersCandidatesAndSkeletons) {
  for (const auto& [name, count] : kCandidates) {
    const SearchSpace space = LoadSpace(name).space;
    EXPECT_EQ(space.input(), (Size{224, 224})) << name;
    EXPECT_EQ(space.classes(), 1000) << name;
    EXPECT_EQ(space.SearchableLayers(), name.find("mobile") == std::string::npos ? 20u : 21u) << name;
    EXPECT_EQ(space.layers()[1].candidates.size(), count) << name;
  }
  EXPECT_EQ(CandidateNames(LoadSpace("spos4").space.layers()[0]),
            (std::vector<std::string>{"shuffle_a_k3", "shuffle_a_k5", "shuffle_a_k7", "shuffle_x_k3"}));
  EXPECT_EQ(CandidateNames(LoadSpace("mobile").space.layers()[1]),
            (std::vector<std::string>{"ir_e1_k3", "ir_e1_k5", "ir_e3_k3", "ir_e3_k5", "ir_e6_k3", "ir_e6_k5"}));
}

// Shuffle blocks fit neither 80 -> 96 nor 192 -> 320 at stride 1.
TEST(ShippedSpaces, ShuffleMobileSaysWhatItDrops) {
  const LoadedSpace loaded = LoadSpace("shuffle_mobile");
  ASSERT_EQ(loaded.notes.size(), 2u);
  EXPECT_EQ(loaded.notes[0].find("layers[13] (80 -> 96, stride 1): dropped shuffle_a_k3"), 0u) << loaded.notes[0];
  EXPECT_EQ(loaded.notes[1].find("layers[21] (192 -> 320, stride 1): dropped shuffle_a_k3"), 0u) << loaded.notes[1];
  EXPECT_EQ(loaded.space.layers()[13].candidates.size(), 12u);
  EXPECT_EQ(loaded.space.layers()[21].candidates.size(), 12u);
}

TEST(ShippedSpaces, SmallOnesSuitSmallImages) {
  for (const auto& [name, count] : kCandidates) {
    const SearchSpace space = LoadSpace(name + "_small").space;
    EXPECT_EQ(space.input(), (Size{32, 32})) << name;
    EXPECT_EQ(space.SearchableLayers(), 8u) << name;
    EXPECT_GE(space.feature_size().height, 4) << name;
  }
  EXPECT_LE(LoadSpace("mobile_tiny").space.SearchableLayers(), 5u);
}

// Those with blocks of their own: the layouts that the blocks were published with (tests/cost/published_blocks_test.cpp
// puts the networks together), and one of all of them for small images.
TEST(ShippedSpaces, OfDefinedBlocks) {
  struct Case {
    std::string name;
    size_t layers, searchable, candidates;  // the most of a layer
  };
  for (const auto& [name, layers, searchable, candidates] :
       {Case{"mobilenet_v3", 15, 14, 12}, Case{"ghostnet", 16, 15, 8}, Case{"convnext", 23, 18, 6},
        Case{"efficientnet_lite", 17, 15, 4}, Case{"defined_small", 6, 6, 6}}) {
    SCOPED_TRACE(name);
    const LoadedSpace loaded = LoadSpace(name);
    const bool small = name == "defined_small";
    EXPECT_EQ(loaded.space.input(), (small ? Size{32, 32} : Size{224, 224}));
    EXPECT_EQ(loaded.space.classes(), small ? 10 : 1000);
    EXPECT_EQ(loaded.space.layers().size(), layers);
    EXPECT_EQ(loaded.space.SearchableLayers(), searchable);
    size_t most = 0;
    for (const LayerSpec& layer : loaded.space.layers()) most = std::max(most, layer.candidates.size());
    EXPECT_EQ(most, candidates);
    EXPECT_TRUE(loaded.notes.empty()) << loaded.notes.front();
  }
  EXPECT_EQ(CandidateNames(LoadSpace("defined_small").space.layers()[1]),
            (std::vector<std::string>{"bneck_e3_se1_act_hard_swish_k3", "ghost_e2_se0_k3", "mbconv_e3_k5", "ir_e3_k3",
                                      "convnext_e2_k5", "identity"}));
}

}  // namespace
}  // namespace danas::test
