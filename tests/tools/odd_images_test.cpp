// The fourteen kinds of odd and bad image files (tests/data/odd_images.h) through `danas data check` and `danas train`.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <set>
#include <sstream>
#include <thread>

#include "tests/data/odd_images.h"
#include "tests/tools/run_danas.h"

namespace danas::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

constexpr const char* kAsNobody = "setpriv --reuid=65534 --regid=65534 --clear-groups";

// What stands in front of danas for a user to whom a file can be unreadable; none where the superuser cannot become
// one.
std::optional<std::string> AsUser() {
  if (geteuid() != 0) return "";
  const TempDir folder;
  fs::permissions(folder.path(), fs::perms::all);
  if (RunDanas(folder.path(), {"version", "--full"}, kAsNobody).code != 0) return std::nullopt;
  return kAsNobody;
}

// Class folders with every kind in both sets.
class OddImagesTest : public testing::Test {
 protected:
  OddImagesTest() {
    for (const char* set : {"photos/train", "photos/val"}) {
      WriteOddImages(project_ / set / "odd");
      for (int i = 0; i < 20; ++i) {
        WriteText(project_ / set / "plain" / (std::to_string(i) + ".png"), DecodeGolden("palette.png"));
      }
    }
    const bool can_fail = user_.has_value();
    if (!can_fail) GTEST_LOG_(WARNING) << "no other user to run danas: the unreadable file is left out";
    for (const char* set : {"photos/train/odd", "photos/val/odd"}) {
      if (!can_fail) fs::remove(project_ / set / "06_secret.jpg");
      for (const OddImage& odd : kOddImages) {
        if (odd.golden == nullptr && fs::exists(fs::symlink_status(project_ / set / odd.file))) {
          bad_.insert(std::string(set) + "/" + odd.file);
        }
      }
    }
    project_.config()["data"]["root"] = "photos";
    project_.config()["data"].erase("format");
    project_.config()["data"]["on_error"] = "skip";
    project_.config()["data"]["most_bad"] = 0.4;
    project_.config()["zoo"] = {{"epochs", 2}, {"train", {{"batch", 10}, {"lr", 0.02}}}};
    project_.config()["checkpoint"] = {{"every", 0.0005}, {"min_seconds", 0}};
    project_.WriteConfig();
    fs::permissions(project_.path(), fs::perms::all);
  }

  Outcome Run(const std::vector<std::string>& arguments, const std::string& before = "") const {
    return project_.Run(arguments, before + " " + user_.value_or(""));
  }
  static std::vector<std::string> Training(const std::vector<std::string>& settings = {}) {
    std::vector<std::string> arguments = {"train",  "--model",     "shufflenetv2_0.5", "--quiet",
                                          "--config", "config.json", "--run",            "run"};
    for (const std::string& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
    return arguments;
  }

  // The names in the run's bad_files.txt; a name twice is a failure.
  std::set<std::string> Listed() const {
    std::set<std::string> names;
    std::istringstream lines(ReadText(project_ / "run/bad_files.txt"));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_TRUE(names.insert(line.substr(0, line.find('\t'))).second) << "twice: " << line;
    }
    return names;
  }

  const std::optional<std::string> user_ = AsUser();
  SmallProject project_;
  std::set<std::string> bad_;
};

TEST_F(OddImagesTest, CheckListsTheBadOnesWithTheirReasons) {
  const Outcome outcome = Run({"data", "check", "photos"});
  EXPECT_EQ(outcome.code, 4) << outcome.err;
  for (const OddImage& odd : kOddImages) {
    const std::string name = std::string("photos/train/odd/") + odd.file;
    if (bad_.contains(name)) {
      EXPECT_THAT(outcome.out, AllOf(HasSubstr(name + ": "), HasSubstr(odd.reason))) << odd.kind;
    } else {
      EXPECT_THAT(outcome.out, Not(HasSubstr(odd.file))) << odd.kind;
    }
  }
  EXPECT_THAT(outcome.out, HasSubstr("errors: " + std::to_string(bad_.size() / 2)));
}

TEST_F(OddImagesTest, StoppingNamesTheFirstBadFile) {
  // What can be told without opening a file is told at once, in the files' order; the others when they are read.
  Outcome outcome = Run(Training({"data.on_error=stop"}));
  EXPECT_EQ(outcome.code, 4);
  EXPECT_THAT(outcome.err, HasSubstr("photos/train/odd/02_empty.jpg: the file is empty"));
  for (const std::string& name : bad_) {
    if (name.starts_with("photos/val/")) fs::remove(project_ / name);
  }
  for (const OddImage& odd : kOddImages) {
    if (!bad_.contains(std::string("photos/train/odd/") + odd.file)) continue;
    SCOPED_TRACE(odd.kind);
    fs::remove_all(project_ / "photos/train/odd");
    fs::remove_all(project_ / "run");
    WriteOddImage(project_ / "photos/train/odd", odd);
    for (const char* good : {"97.png", "98.png", "99.png"}) {  // a class is split
      WriteText(project_ / "photos/train/odd" / good, DecodeGolden("palette.png"));
    }
    outcome = Run(Training({"data.on_error=stop"}));
    EXPECT_EQ(outcome.code, 4) << outcome.err;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr(std::string("photos/train/odd/") + odd.file), HasSubstr(odd.reason)));
  }
}

TEST_F(OddImagesTest, SkippingListsExactlyTheBadOnesOnce) {
  const Outcome outcome = Run(Training());
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(Listed(), bad_);
  const Json result = Json::parse(ReadText(project_ / "run/result.json"));
  EXPECT_EQ(result["test_last_epoch"]["images"], 28);  // 20 and the eight odd ones
}

TEST_F(OddImagesTest, AlsoWhereTheRunGoesOnAfterItWasKilled) {
  for (int epochs = 20; epochs <= 320; epochs *= 2) {
    auto run = std::async(std::launch::async, [&] {
      return Run(Training({"zoo.epochs=" + std::to_string(epochs)}), "echo $$ >pid; exec");
    });
    const auto has_checkpoint = [&] {
      std::error_code none;
      return fs::exists(project_ / "run/bad_files.txt") &&
             fs::directory_iterator(project_ / "run/checkpoints", none) != fs::directory_iterator();
    };
    while (!has_checkpoint() && run.wait_for(std::chrono::milliseconds(5)) != std::future_status::ready) {
    }
    if (run.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      kill(static_cast<pid_t>(std::stol(ReadText(project_ / "pid"))), SIGKILL);
    }
    const Outcome killed = run.get();
    if (killed.code == 0) {  // it was faster
      fs::remove_all(project_ / "run");
      continue;
    }
    ASSERT_EQ(killed.code, 128 + 9) << killed.err;
    const Outcome resumed = Run({"train", "--resume", "run", "--quiet"});
    ASSERT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_EQ(Listed(), bad_);
    return;
  }
  FAIL() << "no training was killed before its end";
}

TEST_F(OddImagesTest, TooManyBadOnesStopTheRun) {
  const Outcome outcome = Run(Training({"data.most_bad=0.1"}));
  EXPECT_EQ(outcome.code, 4);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("of the " + std::to_string(28 + bad_.size() / 2) + " images"),
                                 HasSubstr("data.most_bad = 10.00 %"), HasSubstr("photos/train/odd/")));
}

// As the system counts it.
int64_t PeakBytes(const fs::path& folder, const std::vector<std::string>& arguments, int expected_code) {
  std::string command = "cd " + Quoted(folder.string()) + " && exec " + Quoted(DANAS_PROGRAM);
  for (const std::string& argument : arguments) command += " " + Quoted(argument);
  command += " >/dev/null 2>&1";
  const pid_t child = fork();
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  struct rusage usage {};
  EXPECT_EQ(wait4(child, &status, 0, &usage), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), expected_code) << command;
  return 1024 * usage.ru_maxrss;
}

TEST_F(OddImagesTest, ABombTakesNoMemory) {
  constexpr int64_t kMost = int64_t{1200} << 20;  // its pixels are 2.7 GB; libtorch alone is some hundred MB
  for (int i = 0; i < 8; ++i) {
    WriteText(project_ / "photos/train/odd" / ("bomb" + std::to_string(i) + ".jpg"), BombPng());
  }
  EXPECT_LT(PeakBytes(project_.path(), {"data", "check", "photos", "--threads", "8"}, 4), kMost);
  EXPECT_LT(PeakBytes(project_.path(), Training({"data.workers=4", "data.most_bad=1"}), 0), kMost);
}

}  // namespace
}  // namespace danas::test
