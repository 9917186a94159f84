#include "danas/study/study_file.h"

#include <gtest/gtest.h>

#include "danas/config/shipped.h"
#include "danas/core/error.h"
#include "tests/study/study_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using test::StudyOf;
using test::StudyText;

TEST(StudyFile, ReadsAllOfIt) {
  const test::TempDir folder;
  test::WriteText(folder / "base.json", "{}");
  test::WriteText(folder / "table.csv", "");
  const Study study = StudyOf(folder, R"({
    "name": "one", "about": "a question", "config": "base.json",
    "set": {"runtime.threads": 1, "schedule": {"classes": [3, 10], "ranking": "${judges}/ranking.json"}},
    "seeds": [4, 2], "budgets": ["0.3M", 2e6],
    "prepare": {"judges": {"easiness": {"set": {"easiness.networks": "${study}/networks"}}}},
    "arms": {"paper": {"set": {"search.preset": "paper"}}, "random": {"random": 1},
             "near": {"random": 12, "near": "paper", "band": "7.5%"}},
    "outcome": {"truth": "table.csv"}, "against": "random"})");
  EXPECT_EQ(study.name, "one");
  EXPECT_EQ(study.about, "a question");
  EXPECT_EQ(study.config, folder / "base.json");
  EXPECT_EQ(study.settings,
            (Settings{"runtime.threads=1", "schedule.classes=[3,10]", "schedule.ranking=${judges}/ranking.json"}));
  EXPECT_EQ(study.seeds, (std::vector<int64_t>{4, 2}));
  ASSERT_EQ(study.budgets.size(), 2u);
  EXPECT_EQ(study.budgets[0].text, "0.3M");
  EXPECT_EQ(study.budgets[0].value, 3e5);
  EXPECT_EQ(study.budgets[1].value, 2e6);
  ASSERT_EQ(study.prepare.size(), 1u);
  EXPECT_EQ(study.prepare[0].settings, Settings{"easiness.networks=${study}/networks"});
  ASSERT_EQ(study.arms.size(), 3u);
  EXPECT_EQ(study.arms[0].settings, Settings{"search.preset=paper"});
  EXPECT_EQ(study.arms[0].random, 0);
  EXPECT_EQ(study.arms[1].random, 1);
  EXPECT_EQ(study.arms[2].near, "paper");
  EXPECT_EQ(study.arms[2].band_percent, 7.5);
  EXPECT_EQ(study.outcome.truth, folder / "table.csv");
  EXPECT_EQ(study.against, 1u);
}

TEST(StudyFile, HasDefaults) {
  const test::TempDir folder;
  const Study study = StudyOf(folder, StudyText());
  EXPECT_EQ(study.config, ShippedFile("", "truth_a"));
  EXPECT_EQ(study.seeds, (std::vector<int64_t>{0, 1}));
  EXPECT_TRUE(study.budgets.empty());
  EXPECT_EQ(study.against, 0u);
  EXPECT_TRUE(study.outcome.truth.empty());
  EXPECT_FALSE(study.cost);
  EXPECT_FALSE(study.arms.front().one_search);
}

TEST(StudyFile, ReadsWhatCostsAreCountedWith) {
  const test::TempDir folder;
  const Study study = StudyOf(folder, StudyText(R"("cost": {"images": 100, "training_images": 300, "device": "V100",
    "devices": 4, "macs_per_second": "2G"}, "budgets": ["1M", "2M"], )",
                                                R"("a": {"one_search": true}, "b": {"images": 7})"));
  ASSERT_TRUE(study.cost);
  EXPECT_EQ(study.cost->images, 100);
  EXPECT_EQ(study.cost->training_images, 300);
  EXPECT_EQ(study.cost->device, "V100");
  EXPECT_EQ(study.cost->devices, 4);
  EXPECT_EQ(study.cost->macs_per_second, 2e9);
  EXPECT_TRUE(study.arms[0].one_search);
  EXPECT_EQ(study.arms[1].images, 7);
  EXPECT_EQ(StudyOf(folder, StudyText(R"("cost": {"images": 5}, )")).cost->training_images, 5);
}

TEST(StudyFile, CostsThatCannotBeCountedAreNamed) {
  const test::TempDir folder;
  const auto fails = [&](const std::string& text, std::initializer_list<std::string_view> words) {
    ExpectErrorContains<ConfigError>([&] { StudyOf(folder, text); }, words);
  };
  fails(StudyText(R"("cost": {}, )"), {"images"});
  fails(StudyText(R"("cost": {"images": 0}, )"), {"cost.images", "0"});
  fails(StudyText(R"("cost": {"images": 5, "device": "V100"}, )"), {"'macs_per_second' belong together"});
  fails(StudyText(R"("cost": {"images": 5, "device": "V100", "macs_per_second": 0}, )"), {"a rate above 0"});
  fails(StudyText("", R"("a": {"images": 5})"), {"arms.a.images", "'cost'"});
  fails(StudyText("", R"("a": {"one_search": true})"), {"arms.a.one_search", "several 'budgets'", "has 0"});
  fails(StudyText(R"("budgets": ["1M", "2M"], )", R"("a": {"random": 1, "one_search": true})"),
        {"arms.a.one_search", "makes no search"});
}

TEST(StudyFile, IsYamlToo) {
  const test::TempDir folder;
  const Study study = ReadStudy(test::WriteText(folder / "study.yaml",
                                                "name: y\nconfig: truth_a\nseeds: 1\narms:\n  a:\n    set:\n"
                                                "      search.alpha_lr: 0.5\noutcome:\n  finetune: {}\n")
                                    .string());
  EXPECT_EQ(study.arms.front().settings, Settings{"search.alpha_lr=0.5"});
}

TEST(StudyFile, MistakesAreNamed) {
  const test::TempDir folder;
  const auto fails = [&](const std::string& text, std::initializer_list<std::string_view> words) {
    ExpectErrorContains<ConfigError>([&] { StudyOf(folder, text); }, words);
  };
  fails(StudyText(R"("buget": 1, )"), {"buget", "did you mean 'budgets'"});
  fails(StudyText("", R"("a": {"sett": {}})"), {"arms.a.sett", "did you mean 'set'"});
  fails(StudyText("", R"("a": {"one_serch": true})"), {"arms.a.one_serch", "did you mean 'one_search'"});
  fails(StudyText("", R"("a/b": {})"), {"'a/b' becomes the name of a folder"});
  fails(StudyText("", R"("..": {})"), {"the name of a folder"});
  fails(StudyText("", R"("prepare": {})"), {"folder of shared steps"});
  fails(StudyText("", ""), {"no arm"});
  fails(StudyText(R"("against": "c", )"), {"against", "one of a, b"});
  fails(StudyText(R"("set": {"seed": 3}, )"), {"'seed' is set by the study"});
  fails(StudyText(R"("budgets": ["1M"], "set": {"search.budget": "2M"}, )"), {"'search.budget'", "study"});
  fails(StudyText(R"("budgets": ["1M"], )", R"("a": {"set": {"search": {"budget": "2M"}}})"), {"arms.a.set"});
  fails(StudyText(R"("budgets": ["1M", 1e6], )"), {"budgets[1]", "listed twice"});
  fails(StudyText(R"("budgets": ["much"], )"), {"budgets[0]", "much"});
  fails(StudyText(R"("set": {"a": "${judge}/x"}, "prepare": {"judges": {"easiness": {}}}, )"),
        {"${judge}", "did you mean ${judges}"});
  fails(StudyText(R"("set": {"a": null}, )"), {"'a' has no value"});
  fails(StudyText("", R"("a": {"near": "b"}, "b": {})"), {"arms.a.near", "'random'"});
  fails(StudyText("", R"("a": {"random": 1, "near": "c"}, "b": {})"), {"arms.a.near", "one of a, b"});
  fails(StudyText("", R"("a": {"random": 1, "near": "a"})"), {"'a' is itself drawn at random"});
  fails(StudyText("", R"("a": {"random": 1, "band": "5%"})"), {"'near', which is missing"});
  fails(StudyText("", R"("b": {}, "a": {"random": 1, "near": "b", "band": "5"})"), {"arms.a.band", "\"5%\""});
  fails(StudyText("", R"("a": {})", R"({"truth": "x", "finetune": {}})"), {"outcome", "expected either"});
  fails(StudyText("", R"("a": {})", "{}"), {"outcome", "expected either"});
  fails(R"({"name": "x", "config": "truth_b_", "seeds": 1, "arms": {}, "outcome": {}})", {"config", "truth_b"});
}

TEST(StudyFile, BoundsOfSeeds) {
  const test::TempDir folder;
  const auto with = [](const std::string& seeds) {
    std::string text = StudyText();
    return text.replace(text.find("\"seeds\": 2"), 10, "\"seeds\": " + seeds);
  };
  EXPECT_EQ(StudyOf(folder, with("1")).seeds.size(), 1u);
  EXPECT_EQ(StudyOf(folder, with("10000")).seeds.size(), 10000u);
  for (const char* wrong : {"0", "10001", "[]", "[1, 1]", "[-1]", "\"3\""}) {
    ExpectErrorContains<ConfigError>([&] { StudyOf(folder, with(wrong)); }, {"seeds"});
  }
}

TEST(StudyFile, ExpandsFolders) {
  EXPECT_EQ(Expanded("a=${study}/x and ${judges}", "runs/s"), "a=runs/s/x and runs/s/prepare/judges");
  EXPECT_EQ(Expanded("a=$b", "runs/s"), "a=$b");
}

TEST(StudyFile, ShippedOnesAreRead) {
  const std::vector<std::string> names = ShippedNames("studies");
  EXPECT_GE(names.size(), 3u);
  for (const std::string& name : names) EXPECT_EQ(ReadStudy(name).name, name);
}

}  // namespace
}  // namespace danas
