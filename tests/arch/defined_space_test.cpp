// Spaces with blocks that their files define: what is written reads back, in spaces and in networks.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "danas/arch/block_definition.h"
#include "danas/arch/genotype.h"
#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "tests/arch/arch_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

const std::vector<std::string> kSpaces = {"mobilenet_v3", "ghostnet", "convnext", "efficientnet_lite", "defined_small"};

// A layer, 8 -> 8, whose candidate has these steps.
SearchSpace SpaceOf(const std::string& steps) {
  const TempDir folder;
  const std::string text = R"(name: own
input: {height: 8, width: 6}
classes: 2
stem: {channels: 8, stride: 1}
blocks: {own: {steps: [)" + steps +
                           R"(]}}
stages: [{channels: 8, repeat: 1, stride: 1, candidates: [{block: own}]}]
head: {}
)";
  return LoadSpace(WriteText(folder / "own.yaml", text).string()).space;
}

TEST(DefinedSpace, ReadsBackEqual) {
  for (const std::string& name : kSpaces) {
    SCOPED_TRACE(name);
    const SearchSpace space = LoadSpace(name).space;
    const Json json = Json::parse(ToJson(space).dump());
    EXPECT_EQ(SpaceFromJson(json, "space-1.json"), space);
    EXPECT_EQ(ToJson(SpaceFromJson(json, "space-1.json")).dump(), json.dump());
    for (const SearchSpace& other : {space.WithInput({33, 40}), space.WithClasses(7), space.WithDropout(0.5)}) {
      EXPECT_EQ(SpaceFromJson(ToJson(other), "space-1.json"), other);
    }
  }
}

// Each reads its own definitions, which say the same.
TEST(DefinedSpace, LoadedTwiceIsEqual) {
  for (const std::string& name : kSpaces) EXPECT_EQ(LoadSpace(name).space, LoadSpace(name).space) << name;
  EXPECT_NE(SpaceOf("{step: norm, name: a}"), SpaceOf("{step: norm, name: b}"));
  EXPECT_NE(SpaceOf("{step: scale, name: a}"), SpaceOf("{step: scale, name: a, initial: 2}"));
}

// With the definitions of the blocks that it has, and no others.
TEST(DefinedSpace, ANetworkTakesItsDefinitionsAlong) {
  const SearchSpace space = LoadSpace("defined_small").space;
  for (size_t offset = 0; offset < 6; ++offset) {
    std::vector<size_t> choice;
    std::set<std::string> used;
    for (const LayerSpec& layer : space.layers()) {
      choice.push_back(offset % layer.candidates.size());
      const auto& definition = layer.candidates[choice.back()].defined.definition;
      if (definition) used.insert(definition->name());
    }
    const SearchSpace network = space.Select(choice);
    const Json json = ToJson(network);
    std::set<std::string> written;
    if (json.contains("blocks")) {
      for (const auto& [name, definition] : json.at("blocks").items()) written.insert(name);
    }
    EXPECT_EQ(written, used);
    EXPECT_EQ(SpaceFromJson(json, "x.json"), network);

    const Genotype genotype{.network = network,
                            .class_ids = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
                            .class_labels = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
                            .origin = {{"seed", 7}}};
    const TempDir folder;
    const Genotype again = ReadGenotype(WriteText(folder / "best.json", ToJson(genotype).dump(2)));
    EXPECT_EQ(again.network, network);
    EXPECT_EQ(ToJson(again).dump(), ToJson(genotype).dump());
  }
  EXPECT_FALSE(ToJson(SmallSpace()).contains("blocks"));
}

TEST(DefinedSpace, CandidatesCanBePruned) {
  const SearchSpace space = LoadSpace("defined_small").space;
  const SearchSpace pruned = space.Without({{1, {0, 2}}, {4, {1}}});
  EXPECT_EQ(pruned.layers()[1].candidates.size(), space.layers()[1].candidates.size() - 2);
  EXPECT_EQ(pruned.layers()[1].candidates[0], space.layers()[1].candidates[1]);
  EXPECT_EQ(SpaceFromJson(ToJson(pruned), "space-2.json"), pruned);
}

TEST(DefinedSpace, TwoBlocksOfOneNameAreRefused) {
  const SearchSpace one = SpaceOf("{step: norm, name: a}"), same = SpaceOf("{step: norm, name: a}");
  const SearchSpace other = SpaceOf("{step: norm, name: b}");
  SpaceParts parts = one.parts();
  parts.layers.push_back(same.layers()[0]);
  EXPECT_EQ(SearchSpace(parts).layers().size(), 2u);
  parts.layers.push_back(other.layers()[0]);
  ExpectErrorContains<ConfigError>([&] { SearchSpace{parts}; }, {"two different blocks", "own"});
}

TEST(DefinedSpace, ADefinitionAloneIsNoBlock) {
  SpaceParts parts = SmallParts();
  parts.layers[0].candidates = {{.kind = BlockKind::kDefined}};
  ExpectErrorContains<ConfigError>([&] { SearchSpace{parts}; }, {"layers[0]", "definition"});
  const SearchSpace mobile = LoadSpace("mobilenet_v3").space;
  BlockSpec block = mobile.layers()[1].candidates[0];
  block.defined.values.pop_back();
  EXPECT_NE(WhyMalformed(block), "");
  block.defined.values.emplace_back(Activation::kRelu);  // where a number belongs
  EXPECT_NE(WhyMalformed(block), "");
}

TEST(DefinedSpace, MistakesInWhatWasWrittenAreNamed) {
  const auto fails = [](const char* pointer, const Json& value, std::initializer_list<std::string_view> words) {
    Json json = ToJson(SpaceOf("{step: convolution, name: a}, {step: scale, name: b}"));
    json[Json::json_pointer(pointer)] = value;
    ExpectErrorContains<ConfigError>([&] { SpaceFromJson(json, "space-2.json"); }, words);
  };
  fails("/blocks", nullptr, {"space-2.json: blocks", "expected a map"});
  fails("/blocks", Json::object(), {"layers[0].candidates[0].block", "'own'"});
  fails("/blocks/own/steps/0/step", "scael", {"space-2.json: blocks.own.steps[0].step", "did you mean 'scale'"});
  fails("/blocks/own/steps/1/from", "c", {"blocks.own.steps[1].from", "'c'"});
  fails("/blocks/own/steps/0/channels", 4, {"layers[0]", "own", "4 x 8 x 6"});  // nothing is dropped here
  fails("/layers/0/candidates/0/kernel", 3, {"layers[0].candidates[0].kernel"});
}

// A file's skeletons share its blocks.
TEST(DefinedSpace, SkeletonsShareBlocks) {
  Json json = Json::parse(ReadText(SourcePath("configs/spaces/defined_small.json")));
  Json skeleton = Json::object();
  for (const char* key : {"norm", "stem", "stages", "head"}) {
    skeleton[key] = json.at(key);
    json.erase(key);
  }
  json["skeletons"] = {{"a", skeleton}, {"b", skeleton}};
  json["skeletons"]["b"]["stages"].erase(2);
  const TempDir folder;
  const std::string path = WriteText(folder / "own.json", json.dump()).string();
  EXPECT_EQ(LoadSpace(path).space, LoadSpace("defined_small").space);
  EXPECT_EQ(LoadSpace(path + ":b").space.layers().size(), 4u);
}

}  // namespace
}  // namespace danas::test
