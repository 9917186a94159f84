#include <gtest/gtest.h>

#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "tests/arch/arch_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

constexpr char kYaml[] = R"(# comments are welcome
name: own
input: {height: 20, width: 20}
classes: 3
candidates:
  mixed:
    - {block: shuffle_a, operator: {kind: depthwise, kernel: [3, 5]}}
    - {block: inverted_residual, expand: 3, operator: {kind: depthwise, kernel: 3}}
stem: {channels: 12, stride: 2}
stages:
  - {channels: 16, repeat: 2, stride: 2, candidates: mixed}
  - {channels: 20, repeat: 1, stride: 1, candidates: mixed}
  - channels: 24
    stride: 2
    layers:
      - mixed
      - [{block: identity}, {block: inverted_residual, expand: 6, operator: {kind: depthwise, kernel: 5}}]
head: {channels: 32}
)";

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  text.replace(text.find(from), from.size(), to);
  return text;
}

TEST(LoadSpace, StagesBecomeLayers) {
  const TempDir folder;
  const LoadedSpace loaded = LoadSpace(WriteText(folder / "own.yaml", kYaml).string());
  const SearchSpace& space = loaded.space;
  ASSERT_EQ(space.layers().size(), 5u);
  EXPECT_EQ(space.layers()[0].shape, (LayerShape{12, 16, 2, {10, 10}}));
  EXPECT_EQ(space.layers()[1].shape, (LayerShape{16, 16, 1, {5, 5}}));
  EXPECT_EQ(space.layers()[2].shape, (LayerShape{16, 20, 1, {5, 5}}));
  EXPECT_EQ(space.layers()[3].shape, (LayerShape{20, 24, 2, {5, 5}}));
  EXPECT_EQ(space.layers()[4].shape, (LayerShape{24, 24, 1, {3, 3}}));
  EXPECT_EQ(CandidateNames(space.layers()[1]), (std::vector<std::string>{"shuffle_a_k3", "shuffle_a_k5", "ir_e3_k3"}));
  EXPECT_EQ(CandidateNames(space.layers()[4]), (std::vector<std::string>{"identity", "ir_e6_k5"}));
}

TEST(LoadSpace, SaysWhatCannotStandWhere) {
  const TempDir folder;
  const LoadedSpace loaded = LoadSpace(WriteText(folder / "own.yaml", kYaml).string());
  EXPECT_EQ(CandidateNames(loaded.space.layers()[2]), (std::vector<std::string>{"ir_e3_k3"}));
  ASSERT_EQ(loaded.notes.size(), 1u);
  EXPECT_EQ(
      loaded.notes[0],
      "layers[2] (16 -> 20, stride 1): dropped shuffle_a_k3, shuffle_a_k5: a shuffle block of stride 1 needs in = "
      "out");
}

TEST(LoadSpace, ALayerLeftWithoutCandidatesIsAnError) {
  const TempDir folder;
  const std::string without_ir =
      Replaced(kYaml, "    - {block: inverted_residual, expand: 3, operator: {kind: depthwise, kernel: 3}}\n", "");
  const std::string path = WriteText(folder / "own.yaml", without_ir).string();
  ExpectErrorContains<ConfigError>([&] { LoadSpace(path); },
                                   {path + ":11", "layers[2] (16 -> 20, stride 1) is left without candidates",
                                    "shuffle_a_k3, shuffle_a_k5: a shuffle block of stride 1 needs in = out"});
  const std::string odd = WriteText(folder / "odd.yaml", Replaced(without_ir, "channels: 16", "channels: 15")).string();
  ExpectErrorContains<ConfigError>([&] { LoadSpace(odd); }, {"layers[0]", "even number of output channels"});
}

TEST(LoadSpace, OtherImagesAndClasses) {
  const TempDir folder;
  const std::string path = WriteText(folder / "own.yaml", kYaml).string();
  EXPECT_EQ(LoadSpace(path, {41, 30}, 9).space, LoadSpace(path).space.WithInput({41, 30}).WithClasses(9));
}

TEST(LoadSpace, GreyImagesHaveOneChannel) {
  const TempDir folder;
  const std::string path =
      WriteText(folder / "own.yaml", Replaced(kYaml, "{height: 20", "{channels: 1, height: 20")).string();
  const SearchSpace space = LoadSpace(path, {41, 30}, 9).space;
  EXPECT_EQ(space.input_channels(), 1);
  EXPECT_EQ(SpaceFromJson(ToJson(space), "written"), space);
}

TEST(LoadSpace, MistakesHaveFileAndLine) {
  const TempDir folder;
  const auto fails = [&](const std::string& from, const std::string& to, int line,
                         std::initializer_list<std::string_view> words) {
    const std::string path = WriteText(folder / "own.yaml", Replaced(kYaml, from, to)).string();
    const std::string message = ExpectErrorContains<ConfigError>([&] { LoadSpace(path); }, words);
    EXPECT_NE(message.find(path + ":" + std::to_string(line)), std::string::npos) << message;
  };
  fails("kernel: [3, 5]", "kernel: [3, 4]", 7, {"kernel 4 is even"});
  fails("expand: 3,", "expand: 0,", 8, {"expand must be above 0"});
  fails("repeat: 2", "repeat: 0", 11, {"stages[0].repeat"});
  fails("channels: 12, stride: 2", "channels: 12, stride: 0", 9, {"stem.stride", "from 1 to 16"});
  fails("height: 20", "channels: 2, height: 20", 3, {"input.channels", "found 2", "1 channel (grey) or 3"});
  fails("height: 20", "height: 2147483647", 3, {"input.height", "from 1 to 16384"});
  fails("block: shuffle_a,", "block: shuffle_v1, groups: 1073741824,", 7, {"groups 1073741824 is above 65536"});
  fails("repeat: 2", "repeat: 1000", 12, {"more than 1000 layers"});
  fails("repeat: 2", "repeats: 2", 11, {"repeat"});
  fails("classes: 3", "classes: three", 4, {"classes", "three"});
  fails("classes: 3", "classes: 3\nclasses: 3", 5, {"classes"});
  fails("stem:", "stme:", 2, {"stem", "stme"});
  fails("channels: 24", "channels: -24", 13, {"stages[2].channels"});
  fails("candidates: mixed}", "candidates: mixd}", 11, {"mixd", "did you mean \"mixed\""});
  fails("name: own", "name: own\nformat_version: 7", 3, {"version 7 is newer"});
}

TEST(LoadSpace, SkeletonsAreChosenBehindAColon) {
  const SearchSpace space = LoadSpace("shuffle_mobile").space;
  EXPECT_EQ(LoadSpace("shuffle_mobile:proxyless").space, space);
  const SearchSpace half = LoadSpace("shuffle_mobile:spos_half").space;
  EXPECT_EQ(half.name(), "shuffle_mobile:spos_half");
  EXPECT_EQ(half.feature_channels(), 320);
  EXPECT_EQ(half.head().channels, 1280);
  EXPECT_EQ(half.layers().size(), 20u);
  ExpectErrorContains<ConfigError>([] { LoadSpace("shuffle_mobile:spos_haf"); },
                                   {"spos_haf", "proxyless, spos, spos_half"});
  ExpectErrorContains<ConfigError>([] { LoadSpace("mobile:spos"); }, {"mobile", "no skeletons", "spos"});
}

TEST(LoadSpace, UnknownNamesAndOtherFiles) {
  ExpectErrorContains<ConfigError>([] { LoadSpace("shufle"); }, {"shufle", "shuffle"});
  const std::string network = SourcePath("configs/networks/spos.json").string();
  ExpectErrorContains<ConfigError>([&] { LoadSpace(network); }, {"spos.json", "not a search space"});
}

}  // namespace
}  // namespace danas::test
