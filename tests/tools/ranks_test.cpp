// Runs of several processes, started as users start them: `danas --ranks`, torchrun's and Slurm's variables.
#include <gmock/gmock.h>

#include <chrono>
#include <functional>
#include <thread>

#include "tests/tools/compare_runs.h"
#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

using testing::HasSubstr;
using testing::Not;

int CountOf(const std::string& text, const std::string& word) {
  int count = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

class RanksCommandTest : public testing::Test {
 protected:
  RanksCommandTest() {
    project_.config()["checkpoint"] = {{"every", 0.0005}, {"min_seconds", 0}};
    project_.config()["ranks"] = {{"timeout", 20}};
    project_.WriteConfig();
  }

  void SetEpochs(int epochs) {
    project_.config()["schedule"]["epochs_per_step"] = epochs;
    project_.WriteConfig();
  }

  std::vector<std::string> SearchLine(const std::string& run, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> line = {"search", "--config", "config.json", "--no-probe", "--run", run};
    line.insert(line.end(), more.begin(), more.end());
    return line;
  }

  // Starts the line in the background and calls `meanwhile` once its log has an epoch.
  Outcome While(const std::vector<std::string>& line, const std::string& run,
                const std::function<void()>& meanwhile) const {
    Outcome outcome;
    std::thread runs([&] { outcome = project_.Run(line); });
    for (int tries = 0; tries < 600; ++tries) {
      const std::filesystem::path log = project_ / run / "log.jsonl";
      if (std::filesystem::exists(log) && ReadText(log).find("\"epoch\"") != std::string::npos) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    meanwhile();
    runs.join();
    return outcome;
  }

  // Sends a signal to the rank of the run in this project's folder.
  void SignalRank(int rank, const std::string& signal) const {
    const std::string command =
        "for p in $(pgrep -x danas-engine; pgrep -x danas); do "
        "[ \"$(readlink /proc/$p/cwd)\" = " + Quoted(std::filesystem::canonical(project_.path()).string()) +
        " ] && tr '\\0' '\\n' < /proc/$p/environ 2>/dev/null | grep -qx RANK=" + std::to_string(rank) +
        " && kill -" + signal + " $p; done; true";
    ASSERT_EQ(std::system(("bash -c " + Quoted(command)).c_str()), 0);
  }

  // Processes that still work in this project's folder.
  int ProcessesLeft() const {
    int left = 0;
    std::error_code gone;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const std::filesystem::path at = std::filesystem::read_symlink(entry.path() / "cwd", gone);
      if (!gone && at == std::filesystem::canonical(project_.path())) ++left;
    }
    return left;
  }

  SmallProject project_;
};

TEST_F(RanksCommandTest, TwoProcessesComputeWhatOneDoes) {
  project_.config()["runtime"]["precision"] = "float64";
  project_.config()["train"]["sync_bn"] = true;
  project_.WriteConfig();
  const Outcome one = project_.Run(SearchLine("one"));
  ASSERT_EQ(one.code, 0) << one.err;
  const Outcome two = project_.Run(SearchLine("two", {"--ranks", "2"}));
  ASSERT_EQ(two.code, 0) << two.err;
  ExpectNearRun(project_ / "one", project_ / "two", 1e-10);
  EXPECT_EQ(Json::parse(ReadText(project_ / "one" / "best.json")).at("network"),
            Json::parse(ReadText(project_ / "two" / "best.json")).at("network"));
  EXPECT_EQ(CountOf(two.out, "best.json"), 1);  // one rank speaks
  EXPECT_THAT(two.err, HasSubstr("over 2 processes"));
  EXPECT_THAT(two.err, HasSubstr("rank 0 of 2"));
}

TEST_F(RanksCommandTest, OtherCommandsRunOnRanksToo) {
  project_.config()["runtime"]["precision"] = "float64";
  project_.config()["finetune"]["train"]["sync_bn"] = true;
  project_.config()["zoo"] = {{"epochs", 1}, {"train", {{"batch", 12}, {"sync_bn", true}}}};
  project_.config()["easiness"] = {{"models", {"mobilenetv1_0.25"}}, {"networks", "judges"}};
  project_.WriteConfig();
  ASSERT_EQ(project_.Run(SearchLine("found")).code, 0);
  const auto both = [&](const std::vector<std::string>& line) {
    std::vector<std::string> two = line;
    two.insert(two.end(), {"--ranks", "2"});
    const Outcome alone = project_.Run(line), shared = project_.Run(two);
    EXPECT_EQ(alone.code, 0) << alone.err;
    EXPECT_EQ(shared.code, 0) << shared.err;
    return std::pair(Json::parse(alone.out), Json::parse(shared.out));
  };
  {
    const auto [one, two] =
        both({"finetune", "--arch", "found/best.json", "--config", "config.json", "--json"});
    EXPECT_NEAR(one.at("test_last_epoch").at("loss").get<double>(), two.at("test_last_epoch").at("loss").get<double>(),
                1e-10);
    EXPECT_EQ(one.at("test_last_epoch").at("per_class"), two.at("test_last_epoch").at("per_class"));
  }
  const std::vector<std::string> finetune = {"finetune", "--arch", "found/best.json", "--config",
                                             "config.json", "--run", "final", "--ranks", "2"};
  ASSERT_EQ(project_.Run(finetune).code, 0);
  {
    const auto [one, two] = both({"evaluate", "--run", "final", "--json"});
    EXPECT_NEAR(one.at("loss").get<double>(), two.at("loss").get<double>(), 1e-10);
    EXPECT_EQ(one.at("per_class"), two.at("per_class"));
  }
  {
    const std::vector<std::string> easiness = {"easiness", "--config", "config.json", "--no-probe", "--ranks", "2"};
    std::vector<std::string> first = easiness, again = easiness;
    first.insert(first.end(), {"--out", "easy"});
    again.insert(again.end(), {"--out", "again", "--no-train"});
    const Outcome trained = project_.Run(first);
    ASSERT_EQ(trained.code, 0) << trained.err;
    const Outcome found = project_.Run(again);
    ASSERT_EQ(found.code, 0) << found.err;
    const auto ranking = [&](const char* run) { return Json::parse(ReadText(project_ / run / "ranking.json")); };
    EXPECT_EQ(ranking("easy").at("networks"), ranking("again").at("networks"));
  }
}

TEST_F(RanksCommandTest, AKilledRankIsNamedAndTheRunGoesOnToTheBit) {
  SetEpochs(40);
  const Outcome whole = project_.Run(SearchLine("whole", {"--ranks", "2"}));
  ASSERT_EQ(whole.code, 0) << whole.err;
  for (const int rank : {1, 0}) {
    std::filesystem::remove_all(project_ / "run");
    const Outcome killed = While(SearchLine("run", {"--ranks", "2"}), "run", [&] { SignalRank(rank, "KILL"); });
    ASSERT_EQ(killed.code, 137) << killed.err;  // 128 + 9
    EXPECT_THAT(killed.err, HasSubstr("rank " + std::to_string(rank)));
    EXPECT_EQ(ProcessesLeft(), 0);
    const Outcome rest = project_.Run({"search", "--resume", "run", "--ranks", "2"});
    ASSERT_EQ(rest.code, 0) << rest.err;
    ExpectSameRun(project_ / "whole", project_ / "run");
  }
}

TEST_F(RanksCommandTest, AStoppedRankIsNoticedByTheTimeout) {
  SetEpochs(4000);
  project_.config()["ranks"]["timeout"] = 2;
  project_.WriteConfig();
  const Outcome outcome = While(SearchLine("run", {"--ranks", "2"}), "run", [&] { SignalRank(1, "STOP"); });
  EXPECT_EQ(outcome.code, 9) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("rank 1 (process"));
  EXPECT_THAT(outcome.err, HasSubstr("does not respond"));
  EXPECT_EQ(ProcessesLeft(), 0);
}

TEST_F(RanksCommandTest, CtrlCStopsAllAtOneBatch) {
  SetEpochs(4000);
  const Outcome outcome = While(SearchLine("run", {"--ranks", "2"}), "run", [&] {
    std::system(("pkill -INT -o -f -- '--run run --ranks 2'; true"));
  });
  EXPECT_EQ(outcome.code, 130) << outcome.err;
  EXPECT_EQ(CountOf(outcome.err, "stopped by a signal"), 1);
  EXPECT_EQ(ProcessesLeft(), 0);
}

TEST_F(RanksCommandTest, AnErrorOfOneRankIsToldOnceWithItsNumber) {
  // Of six images the second rank reads the last three; one of them is no picture.
  for (const char* label : {"a", "b"}) {
    for (int i = 0; i < 30; ++i) {
      WriteText(project_ / "pictures/train" / label / (std::to_string(i) + ".ppm"), "P6 1 1 255\nabc");
    }
  }
  WriteText(project_ / "pictures/train/b/7.ppm", "no picture");
  project_.config()["data"]["root"] = "pictures";
  project_.config()["data"]["format"] = "folder";
  project_.config()["schedule"]["classes"] = {2, 2};
  Json space = Json::parse(ReadText(project_ / "space.json"));
  space["classes"] = 2;
  WriteText(project_ / "space.json", space.dump());
  project_.WriteConfig();
  const Outcome outcome = project_.Run(SearchLine("run", {"--ranks", "2"}));
  EXPECT_EQ(outcome.code, 4) << outcome.err;
  EXPECT_EQ(CountOf(outcome.err, "7.ppm"), 1) << outcome.err;
  EXPECT_EQ(ProcessesLeft(), 0);

  // Whichever rank reads it, it is listed once.
  project_.config()["data"]["on_error"] = "skip";
  project_.config()["data"]["most_bad"] = 0.1;
  project_.WriteConfig();
  const Outcome skipped = project_.Run(SearchLine("skipped", {"--ranks", "2"}));
  EXPECT_EQ(skipped.code, 0) << skipped.err;
  EXPECT_EQ(CountOf(ReadText(project_ / "skipped/bad_files.txt"), "7.ppm\t"), 1);
}

TEST_F(RanksCommandTest, AnErrorOfAllRanksIsToldOnce) {
  const Outcome outcome = project_.Run(SearchLine("run", {"--ranks", "3", "--data", "nowhere"}));
  EXPECT_EQ(outcome.code, 4) << outcome.err;
  EXPECT_EQ(CountOf(outcome.err, "nowhere"), 1) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(project_ / "run"));
}

TEST_F(RanksCommandTest, SlurmsVariablesDo) {
  const auto task = [&](int rank, Outcome& outcome) {
    outcome = project_.Run(
        SearchLine("run"),
        "SLURM_STEP_ID=0 SLURM_NTASKS=2 SLURM_JOB_NODELIST=localhost SLURM_JOB_ID=" + std::to_string(::getpid()) +
            " SLURM_PROCID=" + std::to_string(rank) + " SLURM_LOCALID=" + std::to_string(rank));
  };
  Outcome first, second;
  std::thread other([&] { task(1, second); });
  task(0, first);
  other.join();
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_EQ(second.code, 0) << second.err;
  EXPECT_THAT(first.err, HasSubstr("rank 0 of 2, started by Slurm"));
  EXPECT_EQ(second.out + second.err, "");
}

TEST_F(RanksCommandTest, WhatDoesNotGoTogetherIsAUsageError) {
  EXPECT_EQ(project_.Run(SearchLine("run", {"--ranks", "2", "--gpus", "2"})).code, 2);
  EXPECT_EQ(project_.Run(SearchLine("run", {"--ranks", "0"})).code, 2);
  const Outcome nested = project_.Run(SearchLine("run", {"--ranks", "2"}),
                                      "RANK=0 WORLD_SIZE=2 MASTER_ADDR=localhost MASTER_PORT=29500");
  EXPECT_EQ(nested.code, 2);
  EXPECT_THAT(nested.err, HasSubstr("leave them out"));
  const Outcome missing = project_.Run(SearchLine("run"), "RANK=0 WORLD_SIZE=2");
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.err, HasSubstr("MASTER_ADDR"));
  const Outcome gpus = project_.Run(SearchLine("run", {"--gpus", "2"}));
  if (gpus.code != 0) {
    EXPECT_EQ(gpus.code, 7) << gpus.err;
    EXPECT_EQ(CountOf(gpus.err, "GPU"), CountOf(gpus.err, "error:") > 0 ? CountOf(gpus.err, "GPU") : 0);
  }
}

// With the whole wheel set of torch alone (scripts/setup --cuda).
class TorchrunTest : public RanksCommandTest {};

TEST_F(TorchrunTest, StartsRanksAndStartsThemAgain) {
  const std::string torchrun = std::string(DANAS_SOURCE_DIR) + "/.venv/bin/torchrun";
  if (!std::filesystem::exists(torchrun) ||
      std::system((Quoted(torchrun) + " --help > /dev/null 2>&1").c_str()) != 0) {
    GTEST_SKIP() << "torchrun needs the wheels of scripts/setup --cuda";
  }
  SetEpochs(40);
  const std::string command = Quoted(torchrun) +
                              " --no-python --nproc_per_node=2 --max-restarts=2 --monitor-interval=0.1 " +
                              Quoted(DANAS_PROGRAM) + " search --config config.json --no-probe";
  const auto run = [&](const std::string& in, bool kill) {
    std::filesystem::create_directories(project_ / in);
    for (const char* file : {"config.json", "space.json"}) {
      std::filesystem::copy(project_ / file, project_ / in / file);
    }
    std::filesystem::create_directory_symlink("../data", project_ / in / "data");
    std::atomic<int> code = -1;
    std::thread runs([&] {
      code =
          std::system(("cd " + Quoted((project_ / in).string()) + " && " + command + " > out.txt 2> err.txt").c_str());
    });
    std::this_thread::sleep_for(std::chrono::seconds(kill ? 6 : 0));
    if (kill) {
      std::system("for p in $(pgrep -f 'config.json --no-probe'); do tr '\\0' '\\n' < /proc/$p/environ 2>/dev/null | "
                  "grep -qx RANK=1 && kill -9 $p; done");
    }
    runs.join();
    EXPECT_EQ(code, 0) << ReadText(project_ / in / "err.txt");
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(project_ / in / "runs")) {
      if (entry.path().filename() != ".jobs") found.push_back(entry.path());
    }
    EXPECT_EQ(found.size(), 1U);
    return found.at(0);
  };
  const std::filesystem::path whole = run("whole", false), killed = run("killed", true);
  ExpectSameRun(whole, killed);
  EXPECT_THAT(ReadText(project_ / "killed" / "err.txt"), HasSubstr("resuming from checkpoint"));
}

}  // namespace
}  // namespace danas::test
