#include "danas/easiness/easiness_ranking.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "danas/core/error.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

constexpr uint64_t kFingerprint = 0x0123456789abcdef;
const std::vector<std::string> kClasses = {"ant", "bee", "cat", "dog"};

TEST(EasinessRanking, RandomFollowsTheSeedAlone) {
  const ScheduleConfig config;
  std::vector<std::string> many;
  for (int i = 0; i < 100; ++i) many.push_back("class" + std::to_string(i));
  const EasinessRanking first = MakeRanking(config, 3, many, kFingerprint);
  EXPECT_EQ(first.order, MakeRanking(config, 3, many, kFingerprint).order);
  EXPECT_NE(first.order, MakeRanking(config, 4, many, kFingerprint).order);
  EXPECT_NE(first.order, many);
  EXPECT_EQ(first.source, "random(seed 3)");
  std::vector<std::string> sorted = first.order;
  std::sort(sorted.begin(), sorted.end());
  std::sort(many.begin(), many.end());
  EXPECT_EQ(sorted, many);
}

TEST(EasinessRanking, ListedAndReversed) {
  ScheduleConfig config;
  config.ranking = "listed";
  EXPECT_EQ(MakeRanking(config, 0, kClasses, kFingerprint).order, kClasses);
  config.class_order = {"dog", "ant", "cat", "bee"};
  const EasinessRanking ranking = MakeRanking(config, 0, kClasses, kFingerprint);
  EXPECT_EQ(ranking.order, config.class_order);
  EXPECT_EQ(ranking.Positions(kClasses), (std::vector<int>{3, 0, 2, 1}));
  config.reverse = true;
  const EasinessRanking reversed = MakeRanking(config, 0, kClasses, kFingerprint);
  EXPECT_EQ(reversed.order, (std::vector<std::string>{"bee", "cat", "ant", "dog"}));
  EXPECT_EQ(reversed.source, "listed, reversed");
}

TEST(EasinessRanking, ReadsAFile) {
  const test::TempDir folder;
  ScheduleConfig config;
  config.ranking = test::WriteText(folder / "ranking.json",
                                   R"({"format": 1, "classes": ["cat", "ant", "dog", "bee"], "scores": [1, 2, 3, 4]})")
                       .string();
  const EasinessRanking ranking = MakeRanking(config, 0, kClasses, kFingerprint);
  EXPECT_EQ(ranking.order, (std::vector<std::string>{"cat", "ant", "dog", "bee"}));
  EXPECT_EQ(ranking.source, config.ranking);
}

TEST(EasinessRanking, RefusesABrokenFile) {
  const test::TempDir folder;
  ScheduleConfig config;
  config.ranking = (folder / "ranking.json").string();
  const auto read = [&](std::string_view text) {
    test::WriteText(config.ranking, text);
    return [&] { MakeRanking(config, 0, kClasses, kFingerprint); };
  };
  test::ExpectErrorContains<ConfigError>(read(R"({"format": 1, "classes": ["cat", "ant", "dog"]})"),
                                         {"ranking.json", "4 classes exactly once", "missing: 'bee'"});
  test::ExpectErrorContains<ConfigError>(read(R"({"format": 1, "classes": ["cat", "ant", "dog", "bee", "cat"]})"),
                                         {"ranking.json", "listed twice: 'cat'"});
  test::ExpectErrorContains<ConfigError>(read(R"({"format": 1, "classes": ["cat", "ant", "dog", "beee"]})"),
                                         {"not in the dataset: 'beee' (did you mean 'bee'?)", "missing: 'bee'"});
  test::ExpectErrorContains<ConfigError>(read(R"({"format": 2, "classes": []})"), {"format 2 is newer"});
  test::ExpectErrorContains<ConfigError>(read(R"({"format": 1, "classes": ["cat")"), {"ranking.json"});
  test::ExpectErrorContains<ConfigError>(read(R"({"format": 1})"), {"ranking.json", "classes"});
  config.ranking = (folder / "absent.json").string();
  test::ExpectErrorContains<FileError>([&] { MakeRanking(config, 0, kClasses, kFingerprint); }, {"absent.json"});
}

TEST(EasinessRanking, RefusesAnotherDatasetsFile) {
  const test::TempDir folder;
  ScheduleConfig config;
  config.ranking = test::WriteText(folder / "ranking.json", R"({"format": 1, "classes": ["cat", "ant", "dog", "bee"],
                                                               "fingerprint": "0123456789abcdef"})")
                       .string();
  EXPECT_EQ(MakeRanking(config, 0, kClasses, kFingerprint).order.front(), "cat");
  test::ExpectErrorContains<ConfigError>([&] { MakeRanking(config, 0, kClasses, kFingerprint + 1); },
                                         {"ranking.json", "0123456789abcdef", "0123456789abcdf0", "danas easiness"});
}

TEST(EasinessRanking, RefusesAListThatIsNotTheDatasets) {
  ScheduleConfig config;
  config.ranking = "listed";
  config.class_order = {"ant", "bee", "cat"};
  test::ExpectErrorContains<ConfigError>([&] { MakeRanking(config, 0, kClasses, kFingerprint); },
                                         {"schedule.class_order", "missing: 'dog'"});
}

}  // namespace
}  // namespace danas
