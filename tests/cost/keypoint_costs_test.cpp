// Every number of tests/golden/keypoints.json, which keypoints.py counted by running PyTorch modules.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "danas/arch/genotype.h"
#include "danas/arch/heat_map_head.h"
#include "danas/arch/zoo.h"
#include "danas/cost/cost_model.h"
#include "danas/cost/latency_table.h"
#include "tests/arch/arch_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

TEST(KeypointCosts, AreThoseOfPyTorchModules) {
  const Json golden = Json::parse(ReadText(SourcePath("tests/golden/keypoints.json")));
  for (const Json& row : golden) {
    const HeatMapHead head{.input = {row["input"][0], row["input"][1]}, .fixed = row["groups"].get<std::vector<int>>()};
    const std::string backbone = row["backbone"].get<std::string>() + "_full";
    const SearchSpace network = WithHeatMapHead(MakeZooNetwork(backbone), head);
    EXPECT_EQ(CountMacs(network), row["macs"].get<int64_t>()) << row;
    EXPECT_EQ(CountMacs(network, DeconvolutionMacs::kAtOutput), row["macs_at_output"].get<int64_t>()) << row;
    EXPECT_EQ(CountParameters(network), row["parameters"].get<int64_t>()) << row;
    const MapShape maps = network.heat_maps();
    EXPECT_EQ(Json({maps.channels, maps.size.height, maps.size.width}), row["heat_maps"]) << row;
  }
  EXPECT_EQ(golden.size(), 18u);
}

TEST(KeypointCosts, OfSimpleBaselineResnet50) {
  const SearchSpace network = ReadGenotype(SourcePath("configs/networks/simple_baseline_resnet50.json")).network;
  EXPECT_EQ(CountParameters(network), 33'999'697);
  EXPECT_EQ(CountMacs(network), 5'426'380'800);
  EXPECT_EQ(CountMacs(network, DeconvolutionMacs::kAtOutput), 9'654'239'232);
}

TEST(KeypointCosts, BothCountsAgreeWithoutDeconvolutions) {
  for (const char* name : {"resnet18_small", "vgg16_small", "shufflenetv2_small"}) {
    const SearchSpace network = MakeZooNetwork(name, {32, 24}, 10);
    EXPECT_EQ(CountMacs(network), CountMacs(network, DeconvolutionMacs::kAtOutput)) << name;
  }
}

SearchSpace Small() {
  return WithHeatMapHead(SmallSpace(),
                         {.key_points = 5, .input = {24, 16}, .layers = 2, .channels = 8, .groups = {2, 4}});
}

// 8 x 12 x 8 maps in, 5 of the same size out.
TEST(KeypointCosts, OfTheHeadByHand) {
  const SearchSpace space = Small();
  const double pixels = 24 * 16;
  EXPECT_EQ(MakeMacsModel()->Head(space), 8 * 5 * pixels);
  EXPECT_EQ(MakeParametersModel()->Head(space), 8 * 5 + 5);
  EXPECT_EQ(MakeMemoryModel()->Head(space), 4 * (8 + 5) * pixels);
  // 12 -> 8 in 4 groups at 6 x 4: the input and the result of four times the pixels.
  const BlockSpec& block = space.layers()[3].candidates[1];
  const LayerShape& shape = space.layers()[3].shape;
  EXPECT_EQ(MakeMacsModel()->Block(block, shape), 12 / 4 * 8 * 16 * 6 * 4);
  EXPECT_EQ(MakeMacsModel(DeconvolutionMacs::kAtOutput)->Block(block, shape), 12 / 4 * 8 * 16 * 12 * 8);
  EXPECT_EQ(MakeParametersModel()->Block(block, shape), 12 / 4 * 8 * 16 + 2 * 8);
  EXPECT_EQ(MakeMemoryModel()->Block(block, shape), 4 * (12 * 24 + 8 * 96));
}

TEST(KeypointCosts, LatencyKeys) {
  const LatencyKeys keys = LatencyKeysOf(Small());
  EXPECT_EQ(keys.candidates_lc[3][1], "deconvolution_g4_k4-input:6x4x12-output:12x8x8-stride:1");
  EXPECT_EQ(keys.logits, "HeatMaps-input:24x16x8-output:24x16x5");
  EXPECT_EQ(keys.expand, "");
  EXPECT_EQ(keys.stem, "Conv-input:24x16x3-output:12x8x8");
}

}  // namespace
}  // namespace danas::test
