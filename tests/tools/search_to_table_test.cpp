// From a dataset to the table of trained networks, by the commands a user types.
#include <gmock/gmock.h>
#include <signal.h>

#include <chrono>
#include <sstream>
#include <thread>

#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

using testing::HasSubstr;

std::vector<Json> Lines(const std::filesystem::path& path) {
  std::istringstream text(ReadText(path));
  std::vector<Json> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line));
  return lines;
}

// Without what differs from run to run.
std::vector<Json> TimelessLines(const std::filesystem::path& path) {
  std::vector<Json> lines = Lines(path);
  for (Json& line : lines) {
    for (const char* key : {"time", "timing"}) line.erase(key);
  }
  return lines;
}

std::vector<std::string> SearchInto(const std::string& run) {
  return {"search", "--config", "config.json", "--no-probe", "--run", run};
}

TEST(SearchToTable, SearchFinetuneSampleEvaluateCompare) {
  const SmallProject project;
  const Outcome search = project.Run(SearchInto("search"));
  ASSERT_EQ(search.code, 0) << search.err;
  EXPECT_EQ(search.out, "search/best.json\n");
  EXPECT_EQ(search.err.find('\r'), std::string::npos) << "no drawing without a terminal";
  for (const char* file : {"config.json", "log.jsonl", "alpha.jsonl", "space-step1.json", "space-step2.json",
                           "space-step3.json", "best.json", "weights.safetensors"}) {
    EXPECT_TRUE(std::filesystem::exists(project / "search" / file)) << file;
  }
  std::vector<std::string> events;
  for (const Json& line : Lines(project / "search/log.jsonl")) events.push_back(line["event"]);
  EXPECT_EQ(events, (std::vector<std::string>{"search_start", "written_by", "epoch", "epoch", "epoch", "pruning",
                                              "epoch", "epoch", "pruning", "epoch", "epoch", "pruning", "search_end"}));

  const Outcome again = project.Run(SearchInto("search"));
  EXPECT_EQ(again.code, 5);
  EXPECT_THAT(again.err, HasSubstr("already contains a run"));

  const Outcome finetune = project.Run({"finetune", "--arch", "search/best.json", "--run", "found"});
  ASSERT_EQ(finetune.code, 0) << finetune.err;
  EXPECT_THAT(finetune.out, HasSubstr("test top-1"));

  const Outcome sample = project.Run(
      {"space", "sample", "--arch", "search/best.json", "--band", "40%", "--count", "2", "--out", "random", "--json"});
  ASSERT_EQ(sample.code, 0) << sample.err;
  const Json found = Json::parse(project.Run({"cost", "--arch", "search/best.json", "--json"}).out);
  for (const Json& network : Json::parse(sample.out)) {
    const double ratio = network["macs"].get<double>() / found["least"].get<double>();
    EXPECT_GE(ratio, 0.6);
    EXPECT_LE(ratio, 1.4);
  }
  ASSERT_EQ(project.Run({"finetune", "--arch", "random/random-1.json", "--run", "random-1"}).code, 0);

  const Json evaluated = Json::parse(project.Run({"evaluate", "--run", "found", "--json"}).out);
  const Json result = Json::parse(ReadText(project / "found/result.json"));
  EXPECT_EQ(evaluated["top1"], result["test_last_epoch"]["top1"]);
  EXPECT_GE(evaluated["top1"].get<double>(), 0.9) << "three classes of bars are easy";

  const Outcome table = project.Run({"compare", "found", "random-1"});
  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("random near best.json"));
  EXPECT_THAT(table.out, HasSubstr("within ±40.0 %"));
  EXPECT_THAT(table.out, HasSubstr("the same for all"));
}

TEST(SearchToTable, OneSeedOneResult) {
  const SmallProject project;
  ASSERT_EQ(project.Run(SearchInto("first")).code, 0);
  std::vector<std::string> other_threads = SearchInto("second");
  other_threads.insert(other_threads.end(), {"--set", "data.workers=3"});
  ASSERT_EQ(project.Run(other_threads).code, 0);
  EXPECT_EQ(TimelessLines(project / "first/log.jsonl"), TimelessLines(project / "second/log.jsonl"));
  EXPECT_EQ(TimelessLines(project / "first/alpha.jsonl"), TimelessLines(project / "second/alpha.jsonl"));
  EXPECT_EQ(Json::parse(ReadText(project / "first/best.json"))["network"],
            Json::parse(ReadText(project / "second/best.json"))["network"]);
}

TEST(SearchToTable, QuietShowsResultsAlone) {
  const SmallProject project;
  std::vector<std::string> arguments = SearchInto("run");
  arguments.push_back("--quiet");
  const Outcome outcome = project.Run(arguments);
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "run/best.json\n");
  EXPECT_EQ(outcome.err.find("step1, epoch"), std::string::npos) << outcome.err;
}

TEST(SearchToTable, WeightsOfAnotherNetworkAreRefused) {
  const SmallProject project;
  ASSERT_EQ(project.Run(SearchInto("search")).code, 0);
  const Outcome outcome =
      project.Run({"evaluate", "--arch", "search/best.json", "--weights", "search/weights.safetensors"});
  EXPECT_EQ(outcome.code, 6) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("weights.safetensors"));
}

TEST(SearchToTable, AReaderThatGoesAwayDoesNotEndTheRun) {
  const SmallProject project;
  const std::string command = "cd " + Quoted(project.path().string()) + " && " + Quoted(DANAS_PROGRAM) +
                              " search --config config.json --no-probe --run run 2>&1 | head -n 1 >/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_TRUE(std::filesystem::exists(project / "run/best.json"));
  EXPECT_EQ(Lines(project / "run/log.jsonl").back()["event"], "search_end");
}

TEST(SearchToTable, CtrlCStopsInOrder) {
  SmallProject project;
  project.config()["schedule"]["epochs_per_step"] = 10000;
  project.WriteConfig();
  const pid_t child = fork();
  if (child == 0) {
    (void)!chdir(project.path().c_str());
    (void)!freopen("err", "w", stderr);
    execl(DANAS_PROGRAM, "danas", "search", "--config", "config.json", "--no-probe", "--run", "run", nullptr);
    _exit(99);
  }
  const auto begun = [&] {
    return std::filesystem::exists(project / "run/log.jsonl") &&
           ReadText(project / "run/log.jsonl").find("\"epoch\"") != std::string::npos;
  };
  for (int tenths = 0; tenths < 1200 && !begun(); ++tenths) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  kill(child, SIGINT);
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
  EXPECT_THAT(ReadText(project / "err"), HasSubstr("kept in run"));
  EXPECT_GE(Lines(project / "run/log.jsonl").size(), 2u) << "whole lines";
}

}  // namespace
}  // namespace danas::test
