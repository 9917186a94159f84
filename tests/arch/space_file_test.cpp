#include "danas/arch/space_file.h"

#include <gtest/gtest.h>

#include "danas/core/error.h"
#include "tests/arch/arch_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

TEST(SpaceJson, ReadsBackToAnEqualSpace) {
  SpaceParts parts = SmallParts();
  parts.norm = {.momentum = 0.01, .epsilon = 1e-3};
  parts.head.dropout = 0.2;
  parts.head.bias = false;
  parts.layers[0].candidates.push_back({.op = {OperatorKind::kNormal, 3},
                                        .activation = Activation::kSwish,
                                        .expand = 1.0 / 3,
                                        .squeeze_excite = true,
                                        .fused = true});
  parts.init = {ConvolutionInit::kFanIn, FullyConnectedInit::kNormal};
  parts.head.pool = 2;
  parts.head.hidden = {7, 9};
  const SearchSpace space(parts);
  EXPECT_EQ(SpaceFromJson(Json::parse(ToJson(space).dump()), "space-1.json"), space);
  const SearchSpace network = space.Select({3, 0, 0});
  EXPECT_EQ(SpaceFromJson(ToJson(network), "space-1.json"), network);
}

TEST(SpaceJson, MistakesAreNamed) {
  const auto fails = [](const char* pointer, const Json& value, std::initializer_list<std::string_view> words) {
    Json json = ToJson(SmallSpace());
    json[Json::json_pointer(pointer)] = value;
    ExpectErrorContains<ConfigError>([&] { SpaceFromJson(json, "space-2.json"); }, words);
  };
  fails("/format_version", 2, {"space-2.json", "version 2 is newer", "(1)"});
  fails("/layers/1/in", 9, {"space-2.json", "layers[1]", "takes 9 channels"});
  fails("/layers/1/out", 13, {"layers[1]", "cannot be used there"});
  fails("/layers/2/height", 5, {"layers[2]", "takes 5x3"});
  fails("/layers/0/in", "eight", {"layers[0].in", "eight"});
  fails("/layers/0/strid", 1, {"layers[0].strid", "stride"});
  fails("/layers/0/candidates", Json::array(), {"layers[0].candidates", "at least one"});
  fails("/stem/activation", "tanh", {"stem.activation", "tanh", "relu6"});
  fails("/classes", 2.5, {"classes", "2.5"});
  fails("/classes", int64_t{1} << 40, {"classes"});
  fails("/norm/epsilon", -1, {"space-2.json", "norm epsilon"});
  fails("/init/convolution", "xavier", {"init.convolution", "xavier", "he_fan_out"});
  fails("/head/pool", 0, {"space-2.json", "head pool is 0"});
  fails("/head/hidden", {64, 0}, {"space-2.json", "head hidden is 0"});
  fails("/head/hidden", 64, {"head.hidden"});
  fails("/stem/channels", 0, {"space-2.json", "a stem with 0 channels is no stem: its stride must be 1"});
  fails("/layers", Json::object(), {"layers"});
  fails("/stages", Json::array(), {"stages"});
}

TEST(SpaceJson, EveryKeyOfALayerIsNeeded) {
  for (const char* key : {"in", "out", "stride", "height", "width", "candidates"}) {
    Json json = ToJson(SmallSpace());
    json["layers"][1].erase(key);
    ExpectErrorContains<ConfigError>([&] { SpaceFromJson(json, "x.json"); }, {"x.json", "layers[1]", key});
  }
}

// Only a file that people write may name candidates that cannot stand everywhere.
TEST(SpaceJson, NothingIsDroppedFromWhatDanasWrote) {
  Json json = ToJson(SmallSpace());
  json["layers"][1]["candidates"].push_back(ToJson(Identity()));
  ExpectErrorContains<ConfigError>([&] { SpaceFromJson(json, "x.json"); },
                                   {"x.json", "layers[1]", "identity cannot be used"});
}

}  // namespace
}  // namespace danas::test
