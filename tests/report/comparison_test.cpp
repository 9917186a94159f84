#include "danas/report/comparison.h"

#include <gtest/gtest.h>

#include "danas/arch/genotype.h"
#include "danas/core/error.h"
#include "danas/cost/cost_model.h"
#include "tests/arch/arch_support.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

using test::ExpectErrorContains;
using test::TempDir;
using test::WriteText;

Genotype Network(const std::vector<size_t>& choice, const Json& origin) {
  return {test::SmallSpace().Select(choice), {"a", "b", "c", "d", "e"}, {"a", "b", "c", "d", "e"}, origin};
}

void WriteRun(const std::filesystem::path& folder, const Genotype& network, double top1, int epochs) {
  WriteText(folder / "network.json", ToJson(network).dump());
  WriteText(folder / "result.json",
            Json({{"test_last_epoch", {{"top1", top1}}}, {"epochs", epochs}, {"seconds", 75.0}}).dump());
  WriteText(folder / "config.json",
            Json({{"seed", 0}, {"data", {{"root", "x"}}}, {"finetune", {{"epochs", epochs}}}}).dump());
}

class ComparisonTest : public testing::Test {
 protected:
  ComparisonTest() {
    WriteRun(folder_ / "found", Network({0, 0, 0}, {{"config", Json::object()}}), 0.9012, 3);
    WriteRun(folder_ / "random-1",
             Network({1, 0, 0}, {{"sampled", {{"near", "runs/best.json"}, {"band_percent", 5.0}}}}), 0.8934, 3);
  }
  TempDir folder_;
};

TEST_F(ComparisonTest, ReadsWhatTheFoldersSay) {
  const TrainedRun run = ReadTrainedRun(folder_ / "random-1");
  EXPECT_EQ(run.macs, CountMacs(test::SmallSpace().Select({1, 0, 0})));
  EXPECT_EQ(run.network, "random near best.json");
  EXPECT_EQ(run.top1, 0.8934);
  EXPECT_EQ(run.seconds, 75);
  EXPECT_EQ(run.band_percent, 5);
}

TEST_F(ComparisonTest, OneTableWithTheBandAndOneRecipe) {
  const std::string text = ComparisonText({ReadTrainedRun(folder_ / "found"), ReadTrainedRun(folder_ / "random-1")});
  EXPECT_NE(text.find("found by search"), std::string::npos) << text;
  EXPECT_NE(text.find("90.12 %"), std::string::npos) << text;
  EXPECT_NE(text.find("89.34 %"), std::string::npos) << text;
  EXPECT_NE(text.find("within ±5.0 %"), std::string::npos) << text;
  EXPECT_NE(text.find("the same for all"), std::string::npos) << text;
}

TEST_F(ComparisonTest, OfKeyPointsAveragePrecisionComesFirst) {
  WriteRun(folder_ / "pose", Network({0, 1, 0}, {{"config", Json::object()}}), 0.75, 3);
  WriteText(folder_ / "pose/result.json", Json({{"test_last_epoch", {{"top1", 0.75}, {"keypoints", {{"ap", 0.6843}}}}},
                                                {"test_ema", {{"top1", 0.8}, {"keypoints", {{"ap", -1}}}}},
                                                {"epochs", 3},
                                                {"seconds", 75.0}})
                                              .dump());
  const TrainedRun pose = ReadTrainedRun(folder_ / "pose");
  EXPECT_EQ(pose.ap, 0.6843);
  const std::string alone = ComparisonText({pose, pose});
  for (const char* part : {"test AP", "0.684", "test PCK", "75.00 %", "averaged AP", "–"}) {
    EXPECT_NE(alone.find(part), std::string::npos) << part << "\n" << alone;
  }
  EXPECT_EQ(alone.find("top-1"), std::string::npos) << alone;
  EXPECT_EQ(ComparisonJson({pose})["runs"][0]["ap"], 0.6843);

  // Beside classes each has columns of its own.
  const std::string both = ComparisonText({pose, ReadTrainedRun(folder_ / "found")});
  EXPECT_NE(both.find("test AP"), std::string::npos) << both;
  EXPECT_NE(both.find("test top-1"), std::string::npos) << both;
}

TEST_F(ComparisonTest, SaysWhenRunsWereNotTrainedAlike) {
  WriteRun(folder_ / "longer", Network({0, 1, 0}, {{"config", Json::object()}}), 0.95, 30);
  const std::vector<TrainedRun> runs = {ReadTrainedRun(folder_ / "found"), ReadTrainedRun(folder_ / "longer")};
  EXPECT_EQ(RecipeDifferences(runs), std::vector<std::string>{"finetune.epochs"});
  EXPECT_NE(ComparisonText(runs).find("NOT trained alike; they differ in finetune.epochs"), std::string::npos);
}

TEST_F(ComparisonTest, AFolderWithoutAResultIsAnError) {
  std::filesystem::remove(folder_ / "found/result.json");
  ExpectErrorContains<FileError>([&] { ReadTrainedRun(folder_ / "found"); }, {"found", "result.json"});
}

TEST_F(ComparisonTest, FilesThatDanasDidNotWriteAreErrorsThatSayWhere) {
  WriteText(folder_ / "found/config.json", R"({"data": {}, "finetune": {}})");
  ExpectErrorContains<ConfigError>([&] { ReadTrainedRun(folder_ / "found"); }, {"config.json", "seed"});
  WriteRun(folder_ / "model", Network({0, 1, 0}, {{"model", 18}}), 0.95, 30);
  ExpectErrorContains<ConfigError>([&] { ReadTrainedRun(folder_ / "model"); }, {"network.json", "origin.model", "18"});
  WriteRun(folder_ / "sampled", Network({0, 1, 0}, {{"sampled", {1}}}), 0.95, 30);
  ExpectErrorContains<ConfigError>([&] { ReadTrainedRun(folder_ / "sampled"); }, {"origin.sampled", "a list"});
}

}  // namespace
}  // namespace danas
