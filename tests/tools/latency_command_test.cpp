// danas latency, and a search by what it measures. Times are whatever they are; files, errors and bits are looked at.
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;
using testing::Not;

void ExpectError(const Outcome& outcome, int code, const std::vector<std::string>& parts) {
  EXPECT_EQ(outcome.code, code) << outcome.err;
  for (const std::string& part : parts) EXPECT_THAT(outcome.err, HasSubstr(part));
}

Outcome Measure(const SmallProject& project, std::vector<std::string> more = {}) {
  std::vector<std::string> words = {"latency", "--space",  "space.json", "--device", "cpu",    "--threads",
                                    "1",       "--rounds", "3",          "--out",    "t.yaml", "--json"};
  words.insert(words.end(), more.begin(), more.end());
  return project.Run(words);
}

TEST(LatencyCommand, MeasuresATableThatOthersRead) {
  const SmallProject project;
  const Outcome outcome = Measure(project, {"--check", "3", "--batch", "2"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json["space"], "tiny");
  EXPECT_EQ(json["table"], "t.yaml");
  EXPECT_EQ(json["measured_on"]["threads"], 1);
  EXPECT_EQ(json["measured_on"]["batch"], 2);
  EXPECT_EQ(json["quality"]["rounds"], 3);
  EXPECT_EQ(json["quality"]["visits"], 12);
  EXPECT_EQ(json["check"]["networks"], 3);
  EXPECT_FALSE(fs::exists(project / "t.yaml.part"));
  const Outcome cost = project.Run({"cost", "--space", "space.json", "--latency-table", "t.yaml", "--json"});
  ASSERT_EQ(cost.code, 0) << cost.err;
  EXPECT_EQ(Json::parse(cost.out)["unit"], "ms");
  EXPECT_GT(Json::parse(cost.out)["least"], 0);
  EXPECT_EQ(cost.err, "");
  const Outcome text = project.Run({"latency", "--space", "space.json", "--device", "cpu", "--threads", "1", "--batch",
                                    "2", "--table", "t.yaml", "--check", "2"});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("rank correlation"));
  EXPECT_THAT(text.err, Not(HasSubstr("warning")));
}

TEST(LatencyCommand, ATableOfAnotherMachineIsWarnedOf) {
  const SmallProject project;
  ASSERT_EQ(Measure(project).code, 0);
  std::string text = ReadText(project / "t.yaml");
  const size_t at = text.find("machine: \"") + 10;
  WriteText(project / "t.yaml", text.insert(at, "Cray-1, not "));
  const Outcome cost = project.Run({"cost", "--space", "space.json", "--latency-table", "t.yaml"});
  EXPECT_EQ(cost.code, 0);
  EXPECT_THAT(cost.err, HasSubstr("t.yaml was measured on another machine (Cray-1, not "));
  const Outcome check = project.Run(
      {"latency", "--space", "space.json", "--device", "cpu", "--threads", "2", "--table", "t.yaml", "--check", "2"});
  EXPECT_EQ(check.code, 0);
  EXPECT_THAT(check.err, HasSubstr("the number of threads is 2, not 1"));
}

TEST(LatencyCommand, WhatCannotBeMeasured) {
  const SmallProject project;
  ExpectError(project.Run({"latency"}), 2, {"exactly one of --space and --arch"});
  ExpectError(project.Run({"latency", "--space", "space.json", "--table", "t.yaml"}), 2, {"--check"});
  ExpectError(project.Run({"latency", "--space", "nowhere"}), 3, {"nowhere"});
  ExpectError(Measure(project, {"--minutes", "1e-9"}), 3, {"only 0 rounds", "--minutes"});
  EXPECT_FALSE(fs::exists(project / "t.yaml"));
  ASSERT_EQ(Measure(project).code, 0);
  std::string text = ReadText(project / "t.yaml");
  WriteText(project / "cut.yaml", text.substr(0, text.rfind("\n\"") + 1));
  ExpectError(project.Run({"cost", "--space", "space.json", "--latency-table", "cut.yaml"}), 3,
              {"no latency for 1 of the"});
  WriteText(project / "t.yaml.part", "something else");
  ExpectError(Measure(project), 3, {"t.yaml.part", "move it away"});
}

// Any network is within the budget, whatever the machine.
class LatencySearch : public testing::Test {
 protected:
  LatencySearch() {
    project_.config()["search"] = {
        {"cost", "latency"}, {"latency_table", "measure"}, {"budget", 10000}, {"budget_min", 1e-9}};
    project_.WriteConfig();
  }

  Outcome Search(const std::string& run, std::vector<std::string> more = {}, const std::string& before = "") const {
    std::vector<std::string> words = {"search", "--no-probe", "--config", "config.json", "--run", run};
    words.insert(words.end(), more.begin(), more.end());
    return project_.Run(words, before);
  }

  SmallProject project_;
};

TEST_F(LatencySearch, MeasuresFirstAndWhatItFound) {
  const Outcome measured = Search("a", {"--json"});
  ASSERT_EQ(measured.code, 0) << measured.err;
  EXPECT_THAT(measured.err, HasSubstr("measuring the latency of all candidates"));
  EXPECT_THAT(measured.err, HasSubstr("the network takes"));
  const Json latency = Json::parse(measured.out)["latency"];
  EXPECT_EQ(latency["within"], true);
  EXPECT_GT(latency["measured"]["value"], 0);
  EXPECT_EQ(latency["limit"], 10200);
  // The table that it kept gives the same search, to the bit.
  const Outcome read = Search("b", {"--set", "search.latency_table=a/latency.yaml"});
  ASSERT_EQ(read.code, 0) << read.err;
  EXPECT_THAT(read.err, Not(HasSubstr("measuring the latency of all")));
  EXPECT_EQ(ReadText(project_ / "a/weights.safetensors"), ReadText(project_ / "b/weights.safetensors"));
  // danas choose looks it up.
  const Outcome chosen = project_.Run({"choose", "-q", "--run", "a", "--limit", "latency=9000ms", "--limit",
                                       "parameters=1M", "--limit", "macs=1G", "--limit", "memory=1G", "--json"});
  ASSERT_EQ(chosen.code, 0) << chosen.err;
  EXPECT_EQ(Json::parse(chosen.out)["limits"].size(), 4u);
  EXPECT_TRUE(fs::exists(project_ / "a/chosen.latency.json"));
}

TEST_F(LatencySearch, AResumedSearchUsesTheTableThatItBeganWith) {
  // Killed when the third round is to be kept, and then in the midst of the search.
  const auto fault = [](const std::string& plan) {
    return "LD_PRELOAD=" + Quoted(DANAS_FAULTS) + " DANAS_FAULT=" + Quoted(plan);
  };
  EXPECT_NE(Search("run", {}, fault("path=latency.yaml.part;calls=rename;at=3;do=kill-before")).code, 0);
  ASSERT_TRUE(fs::exists(project_ / "run/latency.yaml.part"));
  ASSERT_FALSE(fs::exists(project_ / "run/latency.yaml"));
  const std::vector<std::string> resume = {"search", "--no-probe", "--resume", "run"};
  EXPECT_NE(project_.Run(resume, fault("path=run/checkpoints;on=.json;calls=rename;at=2;do=kill-after")).code, 0);
  ASSERT_TRUE(fs::exists(project_ / "run/latency.yaml"));
  EXPECT_FALSE(fs::exists(project_ / "run/latency.yaml.part"));
  const std::string table = ReadText(project_ / "run/latency.yaml");
  const Outcome resumed = project_.Run(resume);
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, Not(HasSubstr("measuring the latency of all")));
  EXPECT_EQ(ReadText(project_ / "run/latency.yaml"), table);
  ASSERT_EQ(Search("whole", {"--set", "search.latency_table=run/latency.yaml"}).code, 0);
  EXPECT_EQ(ReadText(project_ / "run/weights.safetensors"), ReadText(project_ / "whole/weights.safetensors"));
}

TEST_F(LatencySearch, RanksShareOneTable) {
  const Outcome outcome = Search("ranks", {"--ranks", "2"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(fs::exists(project_ / "ranks/latency.yaml"));
  EXPECT_TRUE(fs::exists(project_ / "ranks/best.json"));
}

TEST_F(LatencySearch, AMissIsAWarning) {
  ASSERT_EQ(Search("a").code, 0);
  // A table by which nothing takes any time, of the same machine.
  std::string text = ReadText(project_ / "a/latency.yaml");
  for (size_t at = text.find("mean: "); at != std::string::npos; at = text.find("mean: ", at + 1)) {
    text.replace(at, text.find('\n', at) - at, "mean: 1e-9");
  }
  WriteText(project_ / "quick.yaml", text);
  const Outcome outcome =
      Search("b", {"--set", "search.latency_table=quick.yaml", "--set", "search.budget=1e-6", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("it misses the limit"));
  EXPECT_EQ(Json::parse(outcome.out)["latency"]["within"], false);
}

TEST_F(LatencySearch, WhatNeedsATableSaysHowToGetOne) {
  ExpectError(project_.Run({"search", "--config", "config.json", "--dry-run", "--no-probe"}), 2,
              {"--dry-run", "danas latency"});
  ExpectError(Search("a", {"--set", "search.budget=1e-9", "--set", "search.budget_min=0"}), 3,
              {"budget", "are kept in a"});
  EXPECT_TRUE(fs::exists(project_ / "a/latency.yaml"));
}

}  // namespace
}  // namespace danas::test
