// Every number of tests/golden/costs.json, which costs.py counted by running PyTorch modules. Among them are those that
// the papers' public codes print: 320 M for ProxylessNAS-mobile, 323 M for SPOS's network.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "danas/arch/genotype.h"
#include "danas/arch/space_file.h"
#include "danas/cost/cost_model.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

const Json& Golden() {
  static const Json golden = Json::parse(ReadText(SourcePath("tests/golden/costs.json")));
  return golden;
}

// Blocks by name, with the operators that the golden file has.
std::map<std::string, BlockSpec> AllBlocks() {
  std::map<std::string, BlockSpec> blocks;
  const auto add = [&](const BlockSpec& block) { blocks[CandidateName(block)] = block; };
  for (const OperatorKind op : {OperatorKind::kDepthwise, OperatorKind::kNormal}) {
    for (const int kernel : {3, 5, 7}) {
      for (const double expand : {1, 3, 6}) {
        add({.op = {op, kernel}, .expand = expand});
        add({.op = {op, kernel}, .expand = expand, .squeeze_excite = true});
        add({.op = {op, kernel}, .expand = expand, .fused = true});
      }
      for (const BlockKind kind : {BlockKind::kShuffleA, BlockKind::kShuffleX, BlockKind::kResidual}) {
        add({.kind = kind, .op = {op, kernel}, .activation = Activation::kRelu});
      }
    }
  }
  add({.kind = BlockKind::kIdentity});
  add({.kind = BlockKind::kIdentity, .project = true});
  return blocks;
}

TEST(GoldenCosts, Blocks) {
  const auto blocks = AllBlocks();
  const auto macs = MakeMacsModel();
  const auto parameters = MakeParametersModel();
  std::set<std::string> seen;
  for (const Json& row : Golden()["blocks"]) {
    const std::string name = row["block"];
    const int size = row["size"];
    const LayerShape shape{row["in"], row["out"], row["stride"], {size, size}};
    EXPECT_EQ(WhyInvalid(blocks.at(name), shape), "") << row;
    EXPECT_EQ(macs->Block(blocks.at(name), shape), row["macs"].get<double>()) << row;
    EXPECT_EQ(parameters->Block(blocks.at(name), shape), row["parameters"].get<double>()) << row;
    seen.insert(name);
  }
  // Each kind of block, with both kinds of operator, is in the file.
  for (const char* name :
       {"ir_e6_k7", "ir_e6_n5", "ir_se_e3_k5", "ir_fused_e3_n3", "shuffle_a_k7", "shuffle_a_n5", "shuffle_x_k7",
        "shuffle_x_n3", "residual_k3", "residual_n5", "identity", "identity_project"}) {
    EXPECT_TRUE(seen.contains(name)) << name;
  }
}

TEST(GoldenCosts, Networks) {
  for (const auto& [name, costs] : Golden()["networks"].items()) {
    if (name.find("uniform") != std::string::npos) continue;
    const SearchSpace network = ReadGenotype(SourcePath("configs/networks/" + name + ".json")).network;
    EXPECT_EQ(CountMacs(network), costs["macs"].get<int64_t>()) << name;
    EXPECT_EQ(CountParameters(network), costs["parameters"].get<int64_t>()) << name;
  }
}

TEST(GoldenCosts, UniformNetworks) {
  const SearchSpace space = LoadSpace("spos4").space;
  for (size_t c = 0; c < 4; ++c) {
    const SearchSpace network = space.Select(std::vector<size_t>(20, c));
    const std::string name = "spos4 uniform " + CandidateName(network.layers()[0].candidates[0]);
    const Json& costs = Golden()["networks"].at(name);
    EXPECT_EQ(CountMacs(network), costs["macs"].get<int64_t>()) << name;
    EXPECT_EQ(CountParameters(network), costs["parameters"].get<int64_t>()) << name;
  }
}

void ExpectSpaceCosts(const SearchSpace& space, const CostModel& model, const std::string& what, const Json& golden) {
  const CostTable table = MakeCostTable(model, space);
  EXPECT_EQ(table.FixedPart(), golden["fixed_" + what].get<double>()) << space.name();
  EXPECT_EQ(table.Least(), golden["least_" + what].get<double>()) << space.name();
  EXPECT_EQ(table.Most(), golden["most_" + what].get<double>()) << space.name();
  const double mean = golden["mean_" + what];
  EXPECT_NEAR(table.Mean(), mean, 1e-12 * mean) << space.name();
}

TEST(GoldenCosts, Spaces) {
  for (const auto& [name, golden] : Golden()["spaces"].items()) {
    const SearchSpace space = LoadSpace(name).space;
    std::vector<size_t> candidates;
    for (const LayerSpec& layer : space.layers()) {
      if (layer.candidates.size() > 1) candidates.push_back(layer.candidates.size());
    }
    EXPECT_EQ(candidates, golden["candidates"].get<std::vector<size_t>>()) << name;
    ExpectSpaceCosts(space, *MakeMacsModel(), "macs", golden);
    ExpectSpaceCosts(space, *MakeParametersModel(), "parameters", golden);
  }
}

}  // namespace
}  // namespace danas::test
