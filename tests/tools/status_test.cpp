// Runs looked at from outside, as they are: alive, killed, stopped, finished.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class StatusTest : public testing::Test {
 protected:
  std::vector<std::string> Search(const std::string& run) const {
    return {"search", "--config", "config.json", "--no-probe", "--run", run};
  }

  Json StatusOf(const std::string& run) const {
    const Outcome outcome = project_.Run({"status", run, "--json"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return Json::parse(outcome.out).at("runs").at(0);
  }

  // A search that takes long, in the background, from its first epoch's end on. The shell is replaced by the program.
  pid_t Begin(const std::string& run) {
    project_.config()["schedule"]["epochs_per_step"] = 2000;
    project_.WriteConfig();
    const pid_t process = ::fork();
    if (process == 0) {
      ::execl("/bin/sh", "sh", "-c",
              ("cd " + Quoted(project_.path().string()) + " && exec " + Quoted(DANAS_PROGRAM) +
               " search --config config.json --no-probe --quiet --run " + run + " 2>err")
                  .c_str(),
              nullptr);
      ::_exit(127);
    }
    const auto log = project_.path() / run / "alpha.jsonl";
    for (int i = 0; i < 6000 && !(std::filesystem::exists(log) && std::filesystem::file_size(log) > 0); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return process;
  }

  void End(pid_t process, int signal) {
    ::kill(process, signal);
    int status = 0;
    ::waitpid(process, &status, 0);
  }

  SmallProject project_;
};

TEST_F(StatusTest, AliveThenKilledThenStopped) {
  pid_t process = Begin("run");
  Json status = StatusOf("run");
  EXPECT_EQ(status.at("kind"), "search");
  EXPECT_EQ(status.at("state"), "running") << status;
  EXPECT_THAT(status.at("process").get<std::string>(), HasSubstr("process " + std::to_string(process) + " on "));
  EXPECT_EQ(status.at("at").at("phases"), 4);
  EXPECT_EQ(status.at("candidates").size(), 3U);
  EXPECT_GT(status.at("checkpoint").at("number").get<int64_t>(), 0);
  EXPECT_TRUE(std::filesystem::exists(project_ / "run/progress.json"));
  End(process, SIGKILL);
  status = StatusOf("run");
  EXPECT_EQ(status.at("state"), "died");
  EXPECT_FALSE(status.contains("seconds_left"));
  EXPECT_THAT(project_.Run({"status", "run"}).out, HasSubstr("died; last activity "));

  process = Begin("other");
  End(process, SIGINT);
  status = StatusOf("other");
  EXPECT_EQ(status.at("state"), "stopped");
  EXPECT_THAT(status.at("stopped_by").get<std::string>(), HasSubstr("stopped by a signal"));

  const Outcome table = project_.Run({"status", "."});
  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("other  search  stopped"));
  EXPECT_THAT(table.out, HasSubstr("run    search  died"));
}

TEST_F(StatusTest, FinishedRunsLeaveNoProgressAndEndAWatch) {
  ASSERT_EQ(project_.Run(Search("run")).code, 0);
  EXPECT_FALSE(std::filesystem::exists(project_ / "run/progress.json"));
  EXPECT_THAT(ReadText(project_ / "run/run.log"), HasSubstr("info: device: "));
  const Outcome watched = project_.Run({"status", "run", "--watch"});
  EXPECT_EQ(watched.code, 0) << watched.err;
  EXPECT_THAT(watched.out, HasSubstr("run: search finished, 100 % done"));
  EXPECT_THAT(watched.out, Not(HasSubstr("\x1b")));
  EXPECT_EQ(StatusOf("run").at("state"), "finished");
}

TEST_F(StatusTest, AWatchEndsByCtrlC) {
  const pid_t process = Begin("run");
  const Outcome watched = project_.Run({"status", "run", "--watch"}, "timeout --preserve-status -s INT 1");
  End(process, SIGKILL);
  EXPECT_EQ(watched.code, 130) << watched.err;
  EXPECT_THAT(watched.out, HasSubstr("run: search running, step"));
}

TEST_F(StatusTest, AReaderThatLeavesEndsItWithoutAWord) {
  ASSERT_EQ(project_.Run(Search("run")).code, 0);
  for (const char* command : {"log", "status"}) {
    // The reader is gone before danas writes.
    const std::string line = "cd " + Quoted(project_.path().string()) + " && { sleep 0.3; " + Quoted(DANAS_PROGRAM) +
                             " " + command + " run 2>err; echo $? >code; } | true; sleep 1";
    ASSERT_EQ(std::system(line.c_str()), 0);
    EXPECT_EQ(ReadText(project_ / "err"), "") << command;
    EXPECT_EQ(ReadText(project_ / "code"), "141\n") << command;
  }
}

TEST_F(StatusTest, WhatIsNoRunIsAnError) {
  const Outcome nothing = project_.Run({"status", "data"});
  EXPECT_EQ(nothing.code, 5);
  EXPECT_THAT(nothing.err, HasSubstr("data contains no run"));
  EXPECT_EQ(project_.Run({"status"}).code, 2);
}

}  // namespace
}  // namespace danas::test
