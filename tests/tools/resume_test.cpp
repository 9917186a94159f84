// A search that is killed again and again, at moments that nothing chose, ends with the files of one that ran through.
#include <gmock/gmock.h>

#include <sstream>

#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

using testing::HasSubstr;

// Without what times change.
std::vector<Json> Events(const std::filesystem::path& log) {
  std::vector<Json> events;
  std::istringstream lines(ReadText(log));
  for (std::string line; std::getline(lines, line);) {
    Json event = Json::parse(line);
    event.erase("time");
    event.erase("timing");
    events.push_back(std::move(event));
  }
  return events;
}

void ExpectSameRun(const std::filesystem::path& expected, const std::filesystem::path& run) {
  for (const char* file : {"best.json", "weights.safetensors", "space-step1.json", "space-step2.json",
                           "space-step3.json", "config.json"}) {
    EXPECT_EQ(ReadText(expected / file), ReadText(run / file)) << file;
  }
  for (const char* log : {"log.jsonl", "alpha.jsonl"}) {
    const std::vector<Json> a = Events(expected / log), b = Events(run / log);
    ASSERT_EQ(a.size(), b.size()) << log;
    for (size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i], b[i]) << log << ", line " << i + 1;
  }
}

class ResumeTest : public testing::Test {
 protected:
  ResumeTest() {
    project_.config()["checkpoint"] = {{"every", 0.0005}, {"min_seconds", 0}};
    project_.config()["schedule"]["epochs_per_step"] = 4;
    project_.WriteConfig();
  }

  Outcome Search(const std::string& run, const std::string& before = "") const {
    return project_.Run({"search", "--config", "config.json", "--no-probe", "--run", run}, before);
  }

  // Kills a run after each of these seconds, then lets it end.
  void KillAndResume(const std::string& run, const std::vector<double>& seconds) const {
    bool killed_once = false;
    for (size_t i = 0; i < seconds.size(); ++i) {
      const std::string killer = "timeout -s KILL " + std::to_string(seconds[i]);
      const Outcome outcome = i == 0 ? Search(run, killer) : project_.Run({"search", "--resume", run}, killer);
      if (outcome.code == 0) break;  // it was faster
      ASSERT_EQ(outcome.code, 128 + 9) << outcome.err;
      killed_once = true;
      // Killed before its first checkpoint it cannot go on, and says so.
      if (!std::filesystem::exists(project_ / run / "checkpoints" / "000001.json") &&
          !std::filesystem::exists(project_ / run / "checkpoints" / "000002.json")) {
        std::filesystem::remove_all(project_ / run);
        ASSERT_EQ(Search(run, "timeout -s KILL 1.5").code == 0, false) << "the search is too short for this test";
      }
    }
    EXPECT_TRUE(killed_once);
    const Outcome last = project_.Run({"search", "--resume", run});
    EXPECT_EQ(last.code, 0) << last.err;
  }

  SmallProject project_;
};

TEST_F(ResumeTest, KilledRunsEndAsOneThatRanThrough) {
  ASSERT_EQ(Search("whole").code, 0);
  KillAndResume("killed", {1.2, 0.9, 1.0, 1.3, 1.1});
  ExpectSameRun(project_ / "whole", project_ / "killed");
}

TEST_F(ResumeTest, SoDoRunsWithAlphaStepsInBetween) {
  project_.config()["search"]["alpha_pass"] = "every_k";
  project_.config()["search"]["alpha_every"] = 3;
  project_.config()["train"]["ema_decay"] = 0.9;
  project_.WriteConfig();
  ASSERT_EQ(Search("whole").code, 0);
  KillAndResume("killed", {1.1, 1.0});
  ExpectSameRun(project_ / "whole", project_ / "killed");
}

TEST_F(ResumeTest, AFinishedRunIsLeftAlone) {
  ASSERT_EQ(Search("whole").code, 0);
  const std::string before = ReadText(project_ / "whole" / "log.jsonl");
  const Outcome outcome = project_.Run({"search", "--resume", "whole"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("finished already"));
  EXPECT_EQ(ReadText(project_ / "whole" / "log.jsonl"), before);
}

TEST_F(ResumeTest, AlteredCheckpointsArePassedOver) {
  ASSERT_EQ(Search("whole").code, 0);
  ASSERT_NE(Search("run", "timeout -s KILL 1.4").code, 0);
  std::vector<std::filesystem::path> tensors;
  for (const auto& entry : std::filesystem::directory_iterator(project_ / "run" / "checkpoints")) {
    if (entry.path().extension() == ".safetensors") tensors.push_back(entry.path());
  }
  if (tensors.size() < 2) GTEST_SKIP() << "the run was killed before its second checkpoint";
  std::string bytes = ReadText(*std::max_element(tensors.begin(), tensors.end()));
  bytes[bytes.size() - 5] ^= 1;
  WriteText(*std::max_element(tensors.begin(), tensors.end()), bytes);
  const Outcome outcome = project_.Run({"search", "--resume", "run"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  ExpectSameRun(project_ / "whole", project_ / "run");
}

TEST_F(ResumeTest, OtherConfigsAreRefusedAndHarmlessOnesTaken) {
  ASSERT_NE(Search("run", "timeout -s KILL 1.4").code, 0);
  const Outcome other = project_.Run({"search", "--resume", "run", "--set", "train.lr=0.1", "--set", "seed=3"});
  EXPECT_EQ(other.code, 3);
  EXPECT_THAT(other.err, HasSubstr("seed 0 -> 3"));
  EXPECT_THAT(other.err, HasSubstr("train.lr 0.05 -> 0.1"));
  const Outcome harmless = project_.Run({"search", "--resume", "run", "--set", "data.workers=2"});
  EXPECT_EQ(harmless.code, 0) << harmless.err;
  EXPECT_THAT(harmless.err, HasSubstr("data.workers 1 -> 2"));
}

TEST_F(ResumeTest, WhatCannotGoOnIsAnError) {
  EXPECT_EQ(project_.Run({"search", "--resume", "nowhere"}).code, 5);
  EXPECT_EQ(project_.Run({"search", "--resume", "auto"}).code, 2);
  EXPECT_EQ(project_.Run({"search", "--resume", "x", "--config", "config.json"}).code, 2);
  WriteText(project_ / "empty" / "log.jsonl", "");
  WriteText(project_ / "empty" / "config.json", ReadText(project_ / "config.json"));
  const Outcome outcome = project_.Run({"search", "--resume", "empty"});
  EXPECT_EQ(outcome.code, 6) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("before its first one"));
}

TEST_F(ResumeTest, AutoBeginsAndGoesOn) {
  const std::vector<std::string> command = {"search", "--config", "config.json", "--no-probe",
                                            "--run",  "run",      "--resume",    "auto"};
  ASSERT_NE(project_.Run(command, "timeout -s KILL 1.4").code, 0);
  EXPECT_EQ(project_.Run(command).code, 0);
  ASSERT_EQ(Search("whole").code, 0);
  ExpectSameRun(project_ / "whole", project_ / "run");
}

TEST_F(ResumeTest, AnInterruptedRunKeepsItsLastBatch) {
  ASSERT_EQ(Search("whole").code, 0);
  const Outcome interrupted = Search("run", "timeout -s INT 1.2");
  if (interrupted.code == 0) GTEST_SKIP() << "the search was over before the signal";
  EXPECT_EQ(project_.Run({"search", "--resume", "run"}).code, 0);
  ExpectSameRun(project_ / "whole", project_ / "run");
}

}  // namespace
}  // namespace danas::test
