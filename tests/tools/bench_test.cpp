// `danas bench` as a shell runs it. What it measures is not checked, only that it measured what was asked for.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

using testing::HasSubstr;

TEST(Bench, SupernetTimesEveryWayAndPredictsTheSearch) {
  const SmallProject project;
  const Outcome outcome = project.Run({"bench", "supernet", "--config", "config.json", "--kernels", "aten",
                                       "--recompute", "none,layer", "--rounds", "2", "--steps", "1", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json.at("space"), "tiny");
  EXPECT_EQ(json.at("images"), 12);
  EXPECT_GT(json.at("bytes_per_second"), 0);
  ASSERT_EQ(json.at("ways").size(), 2u);
  for (const Json& way : json.at("ways")) {
    EXPECT_EQ(way.at("kernels"), "aten");
    for (const char* step : {"weight_step", "alpha_step"}) {
      ASSERT_EQ(way.at(step).at("seconds").size(), 2u);
      EXPECT_GT(way.at(step).at("median_seconds"), 0);
    }
    EXPECT_GT(way.at("search_seconds"), 0);
    EXPECT_GT(way.at("busy_cores"), 0);
  }
  EXPECT_EQ(json.at("ways").at(1).at("recompute"), "layer");
  EXPECT_GT(json.at("ways").at(1).at("over_first").at("pair").at("ratio"), 0);
}

TEST(Bench, ASpaceAloneIsTimedAtItsOwnSizeAndPredictsNothing) {
  const SmallProject project;
  const Outcome outcome = project.Run({"bench", "supernet", "--space", "space.json", "--kernels", "aten", "--batch",
                                       "4", "--rounds", "1", "--steps", "1", "--threads", "1"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("tiny, 16x16, 4 images per step, on cpu, 1 thread"));
  EXPECT_EQ(outcome.out.find("a whole search"), std::string::npos);
}

TEST(Bench, ProfilesOneStepOfEachKindAndWay) {
  const SmallProject project;
  const Outcome outcome =
      project.Run({"bench", "supernet", "--config", "config.json", "--kernels", "aten", "--recompute", "none,layer",
                   "--rounds", "1", "--steps", "1", "--json", "--profile", "new/steps.txt"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Json profiles = Json::parse(outcome.out).at("profiles");
  ASSERT_EQ(profiles.size(), 4u);
  for (const Json& profile : profiles) {
    EXPECT_GT(profile.at("operator_seconds"), 0);
    EXPECT_FALSE(profile.contains("idle_share"));  // no GPU
    const auto convolutions = [](const Json& row) { return row.at("name") == "aten::convolution"; };
    const Json& rows = profile.at("operators");
    EXPECT_TRUE(std::any_of(rows.begin(), rows.end(), convolutions)) << rows.dump(1);
  }
  EXPECT_EQ(profiles.at(0).at("step"), "w step");
  EXPECT_EQ(profiles.at(3).at("step"), "α step");
  EXPECT_EQ(profiles.at(3).at("recompute"), "layer");
  const std::string text = ReadText(project / "new/steps.txt");
  EXPECT_THAT(text, HasSubstr("aten, w step: "));
  EXPECT_THAT(text, HasSubstr("aten, recompute, α step: "));
}

TEST(Bench, AProfileThatCannotBeWrittenIsAnErrorAtOnce) {
  const SmallProject project;
  const Outcome outcome =
      project.Run({"bench", "supernet", "--space", "space.json", "--profile", "space.json/steps.txt"});
  EXPECT_EQ(outcome.code, 5) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("space.json"));
}

TEST(Bench, LoaderTimesEachNumberOfWorkers) {
  const SmallProject project;
  const Outcome outcome = project.Run({"bench", "loader", "--config", "config.json", "--workers", "1,2", "--images",
                                       "100", "--passes", "2", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json.at("images"), 100);
  ASSERT_EQ(json.at("runs").size(), 2u);
  EXPECT_EQ(json.at("runs").at(1).at("workers"), 2);
  EXPECT_EQ(json.at("runs").at(1).at("seconds").size(), 2u);
}

TEST(Bench, TooLittleMemorySaysWhatToLower) {
  const SmallProject project;
  const Outcome outcome = project.Run({"bench", "supernet", "--config", "config.json", "--batch", "1048576"},
                                      "ulimit -v 3000000;");
  EXPECT_EQ(outcome.code, 7) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("out of memory"));
  EXPECT_THAT(outcome.err, HasSubstr("train.micro_batch"));
}

TEST(Bench, WhatCannotBeBenchedIsAnError) {
  const SmallProject project;
  EXPECT_EQ(project.Run({"bench", "supernet"}).code, 2);
  EXPECT_THAT(project.Run({"bench", "supernet"}).err, HasSubstr("one of --config and --space is required"));
  EXPECT_EQ(project.Run({"bench", "supernet", "--space", "space.json", "--kernels", "fast"}).code, 2);
  EXPECT_EQ(project.Run({"bench", "supernet", "--space", "space.json", "--rounds", "0"}).code, 2);
  const Outcome loader = project.Run({"bench", "loader"});
  EXPECT_EQ(loader.code, 3);
  EXPECT_THAT(loader.err, HasSubstr("--data"));
}

}  // namespace
}  // namespace danas::test
