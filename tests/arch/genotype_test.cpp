#include "danas/arch/genotype.h"

#include <gtest/gtest.h>

#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "tests/arch/arch_support.h"
#include "tests/support/test_support.h"

namespace danas::test {
namespace {

Genotype Example() {
  return {.network = SmallSpace().Select({0, 1, 0}),
          .class_ids = {"n01", "n02", "n03", "n04", "n05"},
          .class_labels = {"tench", "goldfish", "great white \"shark\"", "", "Hahn"},
          .origin = {{"seed", 7}, {"budget", 3.25e8}, {"space", "small"}}};
}

void ExpectEqual(const Genotype& a, const Genotype& b) {
  EXPECT_EQ(a.network, b.network);
  EXPECT_EQ(a.class_ids, b.class_ids);
  EXPECT_EQ(a.class_labels, b.class_labels);
  EXPECT_EQ(a.origin, b.origin);
}

TEST(Genotype, ReadsBackEqual) {
  ExpectEqual(GenotypeFromJson(ToJson(Example()), "best.json"), Example());
  const TempDir folder;
  ExpectEqual(ReadGenotype(WriteText(folder / "best.json", ToJson(Example()).dump(2))), Example());
}

// Wherever the file ends too early, the error names it.
TEST(Genotype, CutShortIsAnError) {
  const TempDir folder;
  const std::string text = ToJson(Example()).dump(1);
  for (size_t length = 0; length < text.size(); length += 37) {
    const auto path = WriteText(folder / "best.json", text.substr(0, length));
    ExpectErrorContains<ConfigError>([&] { ReadGenotype(path); }, {path.string()});
  }
}

TEST(Genotype, MistakesAreNamed) {
  const auto fails = [](const char* pointer, const Json& value, std::initializer_list<std::string_view> words) {
    Json json = ToJson(Example());
    json[Json::json_pointer(pointer)] = value;
    ExpectErrorContains<ConfigError>([&] { GenotypeFromJson(json, "best.json"); }, words);
  };
  fails("/format_version", 2, {"best.json", "format_version", "version 2 is newer", "(1)"});
  fails("/network/format_version", 2, {"network.format_version", "version 2 is newer"});
  fails("/network/classes", 4, {"class_ids", "5 classes", "distinguishes 4"});
  fails("/class_labels", {"a"}, {"class_labels", "1 classes"});
  fails("/class_ids/1", "n01", {"class_ids", "twice"});
  fails("/class_ids/1", 3, {"class_ids[1]", "3"});
  fails("/origin", Json::array(), {"best.json: origin", "a list", "expected a map"});
  fails("/origin", "a search", {"best.json: origin", "expected a map"});
  fails("/origin/model", 3, {"origin.model", "3"});
  fails("/origin/fingerprint", 3, {"origin.fingerprint", "3"});
  fails("/origin/config", 1, {"origin.config", "expected a map"});
  fails("/origin/config", {{"space", 3}}, {"origin.config.space", "3"});
  fails("/origin/cost", Json::object(), {"origin.cost", "value"});
  fails("/network/layers/1/candidates/1", ToJson(Ir(1, 3)),
        {"network", "layers[1]", "has 2 candidates", "one in every"});
  fails("/netwrok", 1, {"netwrok", "network"});
  Json json = ToJson(Example());
  json.erase("network");
  ExpectErrorContains<ConfigError>([&] { GenotypeFromJson(json, "best.json"); }, {"network"});
}

TEST(Genotype, MissingFileIsAFileError) {
  const TempDir folder;
  ExpectErrorContains<FileError>([&] { ReadGenotype(folder / "best.json"); }, {"best.json"});
}

TEST(Genotype, PublishedNetworksAreShipped) {
  const Genotype spos = ReadGenotype(SourcePath("configs/networks/spos.json"));
  const std::vector<size_t> choice = {2, 1, 0, 1, 2, 0, 2, 0, 2, 0, 2, 3, 0, 0, 0, 0, 3, 2, 3, 3};
  EXPECT_EQ(spos.network.layers(), LoadSpace("spos4").space.Select(choice).layers());
  const Genotype mobile = ReadGenotype(SourcePath("configs/networks/proxylessnas_mobile.json"));
  EXPECT_EQ(mobile.network.layers().size(), 22u);
  EXPECT_EQ(mobile.network.layers()[1].shape.out, 32);
}

}  // namespace
}  // namespace danas::test
