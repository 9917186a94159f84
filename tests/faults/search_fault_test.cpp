// Searches and trainings that meet faults: full disks, folders that turn read-only, data that disappears, too little
// memory, clocks that are set back, another process in the same folder. Each ends with the exit code of its kind and
// one line, or goes on; none loses what was finished.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/tools/compare_runs.h"
#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

namespace fs = std::filesystem;

using testing::AllOf;
using testing::HasSubstr;
using testing::Matcher;

class SearchFaultTest : public testing::Test {
 protected:
  SearchFaultTest() {
    project_.config()["checkpoint"] = {{"every", 0.0005}, {"min_seconds", 0}};
    project_.config()["schedule"]["epochs_per_step"] = 8;
    project_.WriteConfig();
  }

  Outcome Search(const std::string& before = "", const std::string& run = "run") const {
    return project_.Run({"search", "-q", "--no-probe", "--config", "config.json", "--run", run}, before);
  }
  Outcome Resume(const std::string& before = "") const {
    return project_.Run({"search", "-q", "--resume", "run"}, before);
  }
  void SearchWhole() const {
    const Outcome outcome = Search("", "whole");
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }

  // In front of a command: a plan of tests/faults/fault.h.
  static std::string Faults(const std::string& plan) {
    return "LD_PRELOAD=" + Quoted(DANAS_FAULTS) + " DANAS_FAULT=" + Quoted("nosync=1;path=/run/;" + plan);
  }

  // But for those that hold `but`: that a search is small is warned of always.
  static std::vector<std::string> Lines(const std::string& text, const std::string& but = " α steps for ") {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
      if (line.find(but) == std::string::npos) lines.push_back(line);
    }
    return lines;
  }

  static void ExpectError(const Outcome& outcome, int code, const Matcher<std::string>& message) {
    EXPECT_EQ(outcome.code, code) << outcome.err;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("error: "), message));
    EXPECT_EQ(Lines(outcome.err, "warning: ").size(), 1U) << outcome.err;
  }

  void ExpectGoesOnToTheSameEnd() const {
    const Outcome outcome = Resume();
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    ExpectSameRun(project_ / "whole", project_ / "run");
  }

  fs::path run() const { return project_ / "run"; }
  bool IsKept() const { return fs::exists(run() / "checkpoints/000001.json"); }

  SmallProject project_;
};

// ---- how a run ends

using RunEndTest = SearchFaultTest;

int64_t Milestones(const fs::path& run) {
  int64_t milestones = 0;
  for (const auto& entry : fs::directory_iterator(run / "checkpoints")) {
    if (entry.path().extension() != ".json") continue;
    milestones += Json::parse(ReadText(entry.path())).at("milestone").get<bool>() ? 1 : 0;
  }
  return milestones;
}

std::string LastEvent(const fs::path& run) { return Events(run / "log.jsonl").back().at("event").get<std::string>(); }

TEST_F(RunEndTest, ASearchHasNotEndedBeforeItsLastCheckpointIsWritten) {
  project_.config()["checkpoint"] = {{"every", 0}, {"min_seconds", 1e6}};
  project_.WriteConfig();
  SearchWhole();
  ASSERT_EQ(Milestones(project_ / "whole"), 8);
  // Two renames a checkpoint.
  ExpectError(Search(Faults("on=/checkpoints/;calls=rename;at=16;do=ENOSPC")), 5,
              AllOf(HasSubstr("a checkpoint could not be written"), HasSubstr("No space left")));
  EXPECT_EQ(LastEvent(run()), "pruning");
  EXPECT_TRUE(fs::exists(run() / "best.json"));  // what was found is not lost
  ExpectGoesOnToTheSameEnd();
  EXPECT_EQ(Milestones(run()), 8);
}

TEST_F(RunEndTest, ATrainingWhoseResultIsThereHasItsWholeLog) {
  project_.config()["schedule"]["epochs_per_step"] = 1;
  project_.WriteConfig();
  SearchWhole();
  const std::vector<std::string> command = {"finetune", "-q",          "--arch", "whole/best.json",
                                            "--config", "config.json", "--run",  "run"};
  for (const char* what : {"kill-before", "kill-after"}) {
    const std::string plan = std::string("on=/result.json;calls=rename;at=1;do=") + what;
    EXPECT_EQ(project_.Run(command, Faults(plan)).code, 128 + SIGKILL);
    EXPECT_EQ(LastEvent(run()), "finetune_end");
    const Outcome again = project_.Run({"finetune", "-q", "--resume", "run"});
    EXPECT_EQ(again.code, 0) << again.err;
    EXPECT_TRUE(fs::exists(run() / "result.json"));
    const std::vector<Json> events = Events(run() / "log.jsonl");
    EXPECT_EQ(std::ranges::count(events, "finetune_end", [](const Json& event) { return event.at("event"); }), 1);
    fs::remove_all(run());
  }
}

// ---- disks and folders

using FaultyDiskTest = SearchFaultTest;

// A mount of its own for one command: `unshare` with what it needs here; empty where this is not allowed.
std::string OwnMounts() {
  for (const char* unshare : {"unshare -m", "unshare -rm"}) {
    const std::string attempt = std::string(unshare) + " sh -c 'mount -t tmpfs none /tmp' >/dev/null 2>&1";
    if (std::system(attempt.c_str()) == 0) return unshare;
  }
  return "";
}

TEST_F(FaultyDiskTest, AFullOneEndsTheRunAndOneWithRoomGoesOn) {
  const std::string unshare = OwnMounts();
  if (unshare.empty()) GTEST_SKIP() << "this machine lets nobody mount a small disk (unshare -rm)";
  SearchWhole();
  for (const char* size : {"8k", "40k", "120k", "200k", "320k"}) {
    SCOPED_TRACE(size);
    for (const char* folder : {"disk", "kept"}) {
      fs::remove_all(project_ / folder);
      fs::create_directory(project_ / folder);
    }
    const std::string disk = unshare + " sh -c 'mount -t tmpfs -o size=" + size +
                             " none disk && \"$@\"; code=$?; cp -r disk/. kept; exit $code' sh";
    ExpectError(Search(disk, "disk/run"), 5, HasSubstr("No space left on device"));
    fs::remove_all(run());
    if (!fs::exists(project_ / "kept/run/config.json")) continue;  // nothing to go on with: it may begin again
    fs::rename(project_ / "kept/run", run());
    ExpectGoesOnToTheSameEnd();
  }
}

TEST_F(FaultyDiskTest, AReportThatFindsItFullIsAWarning) {
  const Outcome outcome = Search(Faults("on=report.html;calls=rename;at=1;do=ENOSPC"));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("its report could not be written"), HasSubstr("No space left on device")));
  EXPECT_TRUE(fs::exists(run() / "best.json"));
  EXPECT_FALSE(fs::exists(run() / "report.html"));
  EXPECT_EQ(LastEvent(run()), "search_end");
  EXPECT_EQ(project_.Run({"report", "run"}).code, 0);
  EXPECT_TRUE(fs::exists(run() / "report.html"));
}

TEST_F(FaultyDiskTest, AReadOnlyOneIsToldBeforeAnythingIsDone) {
  const std::string unshare = OwnMounts();
  if (unshare.empty()) GTEST_SKIP() << "this machine lets nobody mount a read-only disk (unshare -rm)";
  fs::create_directory(project_ / "disk");
  const std::string disk = unshare + " sh -c 'mount -t tmpfs -o ro none disk && \"$@\"' sh";
  ExpectError(Search(disk, "disk/run"), 5, AllOf(HasSubstr("disk/run"), HasSubstr("Read-only file system")));
}

using FaultyFolderTest = SearchFaultTest;

TEST_F(FaultyFolderTest, OneThatTurnsReadOnlyEndsTheRun) {
  SearchWhole();
  for (const int at : {40, 90, 200}) {
    SCOPED_TRACE(at);
    fs::remove_all(run());
    ExpectError(
        Search(Faults("at=" + std::to_string(at) + ";do=EROFS;lasting=1;calls=open,write,rename,mkdir,truncate")), 5,
        HasSubstr("Read-only file system"));
    ExpectGoesOnToTheSameEnd();
  }
}

TEST_F(FaultyFolderTest, OneThatIsRemovedEndsTheRunAndIsNotMadeAgain) {
  const Outcome outcome = Search(Faults("on=/checkpoints/000003.json;calls=rename;at=1;do=command;command=rm -r run"));
  ExpectError(outcome, 5, HasSubstr("run"));
  EXPECT_FALSE(fs::exists(run())) << "it holds what a killed process left";
}

TEST_F(FaultyFolderTest, ALogThatCannotBeWrittenEndsTheRun) {
  SearchWhole();
  for (const char* log : {"log.jsonl", "alpha.jsonl"}) {
    for (const int at : {3, 12}) {
      for (const char* what : {"ENOSPC", "EIO"}) {
        SCOPED_TRACE(std::string(log) + " " + what);
        fs::remove_all(run());
        ExpectError(Search(Faults("on=/run/" + std::string(log) + ";calls=write;lasting=1;at=" + std::to_string(at) +
                                  ";do=" + what)),
                    5, HasSubstr(log));
        ExpectGoesOnToTheSameEnd();
      }
    }
  }
}

TEST_F(FaultyFolderTest, MessagesThatCannotBeKeptDoNotEndIt) {
  SearchWhole();
  const struct {
    const char* file;
    const char* fault;
  } cases[] = {
      {"run.log", "on=/run/config.json;calls=rename;at=1;do=command;command=ln -s /dev/full run/run.log"},
      {"progress.json", "on=/run/progress.json;at=1;lasting=1;do=ENOSPC"},
  };
  for (const auto& [file, fault] : cases) {
    SCOPED_TRACE(file);
    fs::remove_all(run());
    const Outcome outcome = Search(Faults(fault));
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    ASSERT_EQ(Lines(outcome.err).size(), 1U) << outcome.err;
    EXPECT_THAT(Lines(outcome.err).front(), AllOf(HasSubstr("warning: "), HasSubstr(file)));
    ExpectSameRun(project_ / "whole", run());
  }
}

// ---- data

using LostDataTest = SearchFaultTest;

// In the middle of a search, after its third checkpoint, a shell's command.
std::string Command(const std::string& command) {
  return "on=/checkpoints/000003.json;calls=rename;at=1;do=command;command=" + command;
}

TEST_F(LostDataTest, ImagesThatAreRemovedAreNamedAndOnceBackTheRunGoesOn) {
  for (const char* part : {"train", "test"}) {
    for (const char* name : {"ant", "bee", "cat"}) {
      for (int i = 0; i < 40; ++i) {
        WriteText(project_ / "photos" / part / name / (std::to_string(i) + ".ppm"),
                  "P6\n16 16\n255\n" + std::string(768, static_cast<char>(name[0] + i)));
      }
    }
  }
  project_.config()["data"]["root"] = "photos";
  project_.config()["data"]["format"] = "folder";
  project_.WriteConfig();
  SearchWhole();
  ExpectError(Search(Faults(Command("mv photos elsewhere"))), 4,
              AllOf(HasSubstr("photos/train"), HasSubstr("No such file")));
  ASSERT_TRUE(IsKept());
  ExpectError(Resume(), 4, HasSubstr("photos"));
  fs::rename(project_ / "elsewhere", project_ / "photos");
  ExpectGoesOnToTheSameEnd();
}

TEST_F(LostDataTest, AMappedFileThatIsCutShortIsTold) {
  SearchWhole();
  fs::copy(project_ / "data", project_ / "copy");
  const Outcome outcome = Search(Faults(Command("truncate -s 4096 data/train-images-idx3-ubyte")));
  ExpectError(outcome, 4, HasSubstr("truncated"));
  ASSERT_TRUE(IsKept());
  fs::remove_all(project_ / "data");
  fs::rename(project_ / "copy", project_ / "data");
  ExpectGoesOnToTheSameEnd();
}

TEST_F(LostDataTest, AMappedFileThatIsRemovedIsReadToTheEnd) {
  SearchWhole();
  const Outcome outcome = Search(Faults(Command("rm -r data")));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  ExpectSameRun(project_ / "whole", run());
}

// ---- clock and memory

using WrongClockTest = SearchFaultTest;

TEST_F(WrongClockTest, OneThatIsSetBackOrForthChangesNothing) {
  SearchWhole();
  for (const char* seconds : {"-86400", "86400"}) {
    SCOPED_TRACE(seconds);
    fs::remove_all(run());
    const Outcome outcome = Search(Faults(std::string("clock=") + seconds + "@20"));
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    ExpectSameRun(project_ / "whole", run());
    std::set<std::string> days;
    std::istringstream lines(ReadText(run() / "log.jsonl"));
    for (std::string line; std::getline(lines, line);)
      days.insert(Json::parse(line).at("time").get<std::string>().substr(0, 10));
    EXPECT_GE(days.size(), 2U) << "the clock was not set";
    for (const Json& event : Events(run() / "alpha.jsonl")) EXPECT_FALSE(event.empty());
    const Outcome status = project_.Run({"status", "run"});
    EXPECT_EQ(status.code, 0) << status.err;
  }
}

TEST_F(WrongClockTest, OneThatIsSetBackIsNoneOfAKilledRuns) {
  SearchWhole();
  EXPECT_EQ(Search(Faults("clock=-86400@40;on=/checkpoints/;calls=rename;at=12;do=kill-after")).code, 128 + SIGKILL);
  const Outcome again = Resume(Faults("clock=-172800@1"));
  EXPECT_EQ(again.code, 0) << again.err;
  ExpectSameRun(project_ / "whole", run());
}

using LittleMemoryTest = SearchFaultTest;

// KiB of address space.
std::string Limit(int64_t kib) { return "ulimit -c 0; ulimit -v " + std::to_string(kib) + ";"; }

TEST_F(LittleMemoryTest, IsToldInOneLineWhereverItRunsOut) {
  constexpr int64_t kStep = 6000;
  int64_t least = 200000;  // with less, the programs and torch's libraries do not load
  while (project_.Run({"version", "--full"}, Limit(least)).code != 0) ASSERT_LT(least += kStep, 8000000);
  SearchWhole();
  int64_t told = 0, gone_on = 0;
  for (int64_t limit = least;; limit += kStep) {
    SCOPED_TRACE(std::to_string(limit) + " KiB");
    fs::remove_all(run());
    const Outcome outcome = Search(Limit(limit));
    if (outcome.code == 0) break;
    ExpectError(outcome, 7, HasSubstr("out of memory"));
    ++told;
    if (!IsKept() || gone_on == 2) continue;
    ++gone_on;
    ExpectGoesOnToTheSameEnd();
  }
  ExpectSameRun(project_ / "whole", run());
  EXPECT_GT(told, 0);
}

// ---- one folder, two processes

using SharedFolderTest = SearchFaultTest;

TEST_F(SharedFolderTest, ASecondProcessIsRefusedAndTheFirstIsNotDisturbed) {
  SearchWhole();
  const std::string second = Quoted(DANAS_PROGRAM) + " search -q --resume run > second 2>&1 || echo code $? >> second";
  const Outcome first = Search(Faults(Command(second)));
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(ReadText(project_ / "second"), AllOf(HasSubstr("run is in use by process"), HasSubstr("code 5")));
  ExpectSameRun(project_ / "whole", run());
}

TEST_F(SharedFolderTest, ALockThatWasLeftBehindKeepsNobodyOut) {
  SearchWhole();
  EXPECT_EQ(Search(Faults("on=/checkpoints/000003.json;calls=rename;at=1;do=kill-after")).code, 128 + SIGKILL);
  EXPECT_THAT(ReadText(run() / "lock"), HasSubstr("process "));
  WriteText(run() / "lock", "process 1 on another-machine");
  ExpectGoesOnToTheSameEnd();
}

}  // namespace
}  // namespace danas::test
