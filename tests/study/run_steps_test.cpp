// The runner, with a shell for danas.
#include "danas/study/run_steps.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "danas/core/error.h"
#include "danas/study/step_state.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

class RunSteps : public ::testing::Test {
 protected:
  // A step that is done when its script makes $R, its result.
  size_t Add(const std::string& name, const std::string& script, std::vector<size_t> needs = {}) {
    StudyStep step{
        .name = name, .kind = StepKind::kFinetune, .folder = folder_ / name, .words = {}, .asked = {}, .needs = {}};
    const std::string result = (step.folder / "result.json").string();
    step.words = {"-c", "mkdir -p " + step.folder.string() + "; R=" + result + "; " + script};
    step.needs = std::move(needs);
    plan_.steps.push_back(std::move(step));
    return plan_.steps.size() - 1;
  }

  StepsOutcome Run(int64_t jobs = 1) {
    return danas::RunSteps(
        plan_, {.program = "/bin/sh", .jobs = jobs, .say = [&](const std::string& line) { said_.push_back(line); }});
  }

  bool IsDone(const std::string& name) const { return std::filesystem::exists(folder_ / name / "result.json"); }

  void WaitFor(const std::filesystem::path& file) const {
    for (int i = 0; i < 1000 && !std::filesystem::exists(file); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ASSERT_TRUE(std::filesystem::exists(file)) << file;
  }

  test::TempDir folder_;
  StudyPlan plan_;
  std::vector<std::string> said_;
};

TEST_F(RunSteps, EachAfterThoseItNeeds) {
  const size_t first = Add("first", "echo 1 > $R");
  Add("second", "cat " + (folder_ / "first/result.json").string() + " > $R", {first});
  const StepsOutcome outcome = Run(4);
  EXPECT_EQ(outcome.done, 2);
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(test::ReadText(folder_ / "second/result.json"), "1\n");
  EXPECT_TRUE(said_.front().starts_with("$ danas -c 'mkdir")) << said_.front();
}

TEST_F(RunSteps, WhatIsDoneIsNotDoneAgain) {
  Add("one", "echo again > $R");
  test::WriteText(folder_ / "one/result.json", "before");
  EXPECT_EQ(Run().done, 1);
  EXPECT_EQ(test::ReadText(folder_ / "one/result.json"), "before");
  EXPECT_TRUE(said_.empty());
}

// Each waits until the other has begun.
TEST_F(RunSteps, SeveralAtOnce) {
  const auto script = [&](const std::string& mine, const std::string& other) {
    return "touch " + (folder_ / mine).string() + "; i=0; while [ ! -e " + (folder_ / other).string() +
           " ] && [ $i -lt 200 ]; do sleep 0.05; i=$((i + 1)); done; [ $i -lt 200 ] && touch $R";
  };
  Add("a", script("begun_a", "begun_b"));
  Add("b", script("begun_b", "begun_a"));
  EXPECT_EQ(Run(2).done, 2);
}

TEST_F(RunSteps, AFailureHoldsUpWhatNeedsItAlone) {
  const size_t bad = Add("bad", "echo out; echo why >&2; exit 7");
  Add("waits", "touch $R", {bad});
  Add("good", "touch $R");
  const StepsOutcome outcome = Run();
  EXPECT_EQ(outcome.code, 7);
  EXPECT_EQ(outcome.failed, std::vector<std::string>{"bad"});
  EXPECT_EQ(outcome.waiting, std::vector<std::string>{"waits"});
  EXPECT_TRUE(IsDone("good"));
  EXPECT_FALSE(IsDone("waits"));
  EXPECT_EQ(test::ReadText(folder_ / "bad.txt"), "out\nwhy\n");
}

TEST_F(RunSteps, WhatLeavesNoResultHasFailed) {
  Add("empty", "exit 0");
  const StepsOutcome outcome = Run();
  EXPECT_EQ(outcome.failed.size(), 1u);
  EXPECT_NE(outcome.code, 0);
}

TEST_F(RunSteps, TellsWhatSignalEndedAStep) {
  Add("killed", "kill -9 $$");
  EXPECT_EQ(Run().code, 128 + SIGKILL);
}

TEST_F(RunSteps, ASignalStopsAllAndBeginsNoMore) {
  const std::string script = "trap 'echo stopped > " + (folder_ / "told").string() + "; exit 130' INT; touch " +
                             (folder_ / "begun").string() + "; while :; do sleep 0.05; done";
  Add("long", script);
  Add("next", "touch $R");
  std::thread interrupt([&] {
    WaitFor(folder_ / "begun");
    ::kill(::getpid(), SIGINT);
  });
  EXPECT_THROW(Run(), Interrupted);
  interrupt.join();
  EXPECT_EQ(test::ReadText(folder_ / "told"), "stopped\n");
  EXPECT_FALSE(IsDone("next"));
}

// The death of the process that runs the steps is that of a process of its own here.
TEST_F(RunSteps, ChildrenDieWithTheStudy) {
  const std::filesystem::path id = folder_ / "id";
  Add("long", "echo $$ > " + id.string() + ".part; mv " + id.string() + ".part " + id.string() + "; exec sleep 100");
  const pid_t study = ::fork();
  if (study == 0) {
    Run();
    ::_exit(0);
  }
  WaitFor(id);
  const pid_t step = std::stoi(test::ReadText(id));
  EXPECT_EQ(::kill(step, 0), 0);
  ::kill(study, SIGKILL);
  ::waitpid(study, nullptr, 0);
  const std::filesystem::path stat = "/proc/" + std::to_string(step) + "/stat";
  const auto lives = [&] {  // a zombie that nobody has taken yet does not
    std::ifstream file(stat);
    std::string text;
    std::getline(file, text);
    return !text.empty() && text.find(") Z ") == std::string::npos;
  };
  for (int i = 0; i < 500 && lives(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_FALSE(lives());
}

TEST(StudyLocks, OneAtATime) {
  const test::TempDir folder;
  {
    const StudyLock lock(folder / "s");
    test::ExpectErrorContains<FileError>([&] { const StudyLock second(folder / "s"); },
                                         {"is in use by process " + std::to_string(::getpid()), "--report"});
  }
  const StudyLock again(folder / "s");
}

}  // namespace
}  // namespace danas
