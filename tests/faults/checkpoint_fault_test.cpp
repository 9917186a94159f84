// A small run - log, α, checkpoints, result - meets every fault at every system call on its folder: it ends with a
// clear error or goes on, loses no checkpoint that was whole, and begun again comes to the same end to the bit.
// DANAS_EVERY_FAULT=1 leaves no call out; without it some faults meet every third one (docs/reliability.md).
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <iostream>
#include <map>
#include <sstream>

#include "danas/core/error.h"
#include "danas/core/log.h"
#include "danas/core/run_folder.h"
#include "danas/events/run_log.h"
#include "danas/run/checkpoint.h"
#include "tests/faults/fault.h"
#include "tests/support/test_support.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

using test::ReadText;
using test::SetFaults;
using test::TempDir;
using test::WriteText;

constexpr int64_t kSteps = 4;
const std::vector<int64_t> kWholeManifests = {0, 2, kSteps};  // steps: the milestones and the newest

// What a run is, as a search writes it down: lines in both logs, checkpoints between steps, a result, a last line.
class SmallRun {
 public:
  SmallRun(const fs::path& path, bool required, const fs::path& told)
      : resumed_(fs::exists(path / "log.jsonl")),
        folder_(resumed_ ? RunFolder::Reopen(path) : RunFolder(path)),
        told_(told),
        sink_(folder_),
        keeper_(folder_.path(), {.keep = 1, .required = required}, at::kCPU,
                [this](StateFields& fields) { Describe(fields); }) {}

  void Run() {
    if (!resumed_ || !keeper_.RestoreOrRewind("small_start")) {
      sink_.Record({"small_start", {{"steps", kSteps}}});
      keeper_.KeepFirst();
      TellKept();
    }
    while (step_ < kSteps) Step();
    folder_.WriteJson("result.json", {{"sum", weights_.sum().item<double>()}});
    sink_.Record({"small_end", {{"step", step_}}});
  }

 private:
  void Describe(StateFields& fields) {
    fields.Value("step", step_);
    fields.Contents("weights", weights_);
  }

  void Step() {
    ++step_;
    weights_.mul_(0.7).add_(static_cast<double>(step_));
    sink_.Record({"epoch", {{"step", step_}, {"loss", 1.0 / static_cast<double>(step_)}}});
    sink_.Record({"alpha", {{"step", step_}, {"alpha", {0.25, 1.0 / 3}}}});
    keeper_.Keep(step_ == 2 ? CheckpointKind::kMilestone : CheckpointKind::kRegular);
    keeper_.Finish();  // so that calls come in one order
    TellKept();
  }

  // Outside the run's folder: the step whose checkpoint is surely written.
  void TellKept() const { WriteText(told_, std::to_string(step_)); }

  bool resumed_;
  RunFolder folder_;
  fs::path told_;
  JsonlSink sink_;
  int64_t step_ = 0;
  at::Tensor weights_ = at::ones({5, 3});
  CheckpointKeeper keeper_;
};

struct Ending {
  int code = -1;  // 128 + signal where one ended it
  std::string said;
};

class SmallRunTest : public testing::Test {
 protected:
  void TearDown() override { std::cout << faults_ << " faults\n"; }

  // In a process of its own, which has made no threads yet.
  Ending Run(const std::string& faults, bool required = true) {
    if (faults.find(";at=") != std::string::npos) ++faults_;
    std::cout.flush();
    const pid_t child = ::fork();
    if (child == 0) ::_exit(RunHere(faults, required));
    int status = 0;
    ::waitpid(child, &status, 0);
    return {.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
            .said = fs::exists(place_ / "said") ? ReadText(place_ / "said") : ""};
  }

  int RunHere(const std::string& faults, bool required) const {
    std::freopen((place_ / "stderr").c_str(), "w", stderr);
    SetUpLog(Verbosity::kQuiet);
    SetFaults(("nosync=1;" + faults).c_str());
    try {
      SmallRun(run(), required, place_ / "told").Run();
      return 0;
    } catch (const Error& error) {
      SetFaults("");
      WriteText(place_ / "said", error.what());
      return static_cast<int>(error.exit_code());
    } catch (const fs::filesystem_error& error) {
      SetFaults("");
      WriteText(place_ / "said", error.what());
      return static_cast<int>(ExitCode::kFile);
    }
  }

  void Clear() const {
    fs::remove_all(run());
    fs::remove_all(place_ / "saved");
    fs::create_directory(place_ / "saved");
    for (const char* file : {"told", "said", "trace"}) fs::remove(place_ / file);
  }

  fs::path run() const { return place_ / "run"; }
  std::string saved() const { return "saved=" + (place_ / "saved").string(); }

  // Every call on the run's folder, "CALL PATH".
  std::vector<std::string> Calls() {
    Clear();
    EXPECT_EQ(Run("path=" + run().string() + ";trace=" + (place_ / "trace").string()).code, 0);
    std::vector<std::string> calls;
    std::istringstream lines(ReadText(place_ / "trace"));
    for (std::string line; std::getline(lines, line);) calls.push_back(line.substr(line.find(' ') + 1));
    return calls;
  }

  // File by file without times: what a run that nothing disturbed leaves.
  std::map<std::string, std::string> Files() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(run())) {
      const std::string name = entry.path().lexically_relative(run()).string();
      if (entry.is_directory() || name == "lock") continue;  // the lock names its process
      files[name] = name.ends_with(".jsonl") ? WithoutTimes(ReadText(entry.path())) : ReadText(entry.path());
    }
    return files;
  }

  static std::string WithoutTimes(const std::string& log) {
    std::string without;
    std::istringstream lines(log);
    for (std::string line; std::getline(lines, line);) {
      Json event = Json::parse(line);
      event.erase("time");
      without += event.dump() + "\n";
    }
    return without;
  }

  // The step of the newest whole checkpoint; -1 where none is.
  int64_t NewestStep() const {
    try {
      return Json::parse(ReadText(NewestCheckpoint(run()).files.manifest)).at("values").at("step").get<int64_t>();
    } catch (const Error&) {
      return -1;
    }
  }

  // Whether a checkpoint was lost which the run knew to be written.
  void ExpectNothingLost() const {
    if (!fs::exists(place_ / "told")) return;
    EXPECT_GE(NewestStep(), std::stoll(ReadText(place_ / "told")));
  }

  void ExpectGoesOnToTheSameEnd(const std::map<std::string, std::string>& whole) {
    fs::remove(place_ / "said");
    if (IsFinished()) return ExpectSame(whole);
    const Ending again = Run("");
    EXPECT_EQ(again.code, 0) << again.said << ReadText(place_ / "stderr");
    ExpectSame(whole);
  }

  bool IsFinished() const {
    const std::string log = fs::exists(run() / "log.jsonl") ? ReadText(run() / "log.jsonl") : "";
    return log.find("small_end") != std::string::npos && log.ends_with('\n');
  }

  // Checkpoint numbers differ where one failed; the newest and the milestones are told apart by what they hold.
  void ExpectSame(const std::map<std::string, std::string>& whole) const {
    const std::map<std::string, std::string> files = Files();
    for (const auto& [name, content] : whole) {
      if (name.starts_with("checkpoints/")) continue;
      const auto found = files.find(name);
      ASSERT_NE(found, files.end()) << name;
      EXPECT_EQ(found->second, content) << name;
    }
    for (const auto& [name, content] : files) {
      EXPECT_TRUE(whole.contains(name) || name.starts_with("checkpoints/")) << name << " is left over";
      EXPECT_EQ(name.find(".tmp-"), std::string::npos) << name << " is left over";
    }
    EXPECT_EQ(NewestStep(), kSteps);
    EXPECT_THAT(Manifests(), testing::IsSupersetOf(kWholeManifests));
  }

  std::vector<int64_t> Manifests() const {  // their steps
    std::vector<int64_t> steps;
    for (const auto& entry : fs::directory_iterator(run() / "checkpoints")) {
      if (entry.path().extension() != ".json") continue;
      steps.push_back(Json::parse(ReadText(entry.path())).at("values").at("step").get<int64_t>());
    }
    std::sort(steps.begin(), steps.end());
    return steps;
  }

  void ExpectNoCheckpointIsLeftOver() const {
    EXPECT_EQ(Manifests(), kWholeManifests);
    for (const auto& entry : fs::directory_iterator(run() / "checkpoints")) {
      fs::path manifest = entry.path();
      EXPECT_TRUE(fs::exists(manifest.replace_extension(".json"))) << entry.path() << " is left over";
    }
  }

  // Numbers from 1. `thin`: only every third, each time begun elsewhere.
  void AtEachCall(bool thin, const std::function<void(size_t number, const std::string& call)>& work) {
    const std::vector<std::string> calls = Calls();
    ASSERT_GT(calls.size(), 100U);
    const size_t step = thin && std::getenv("DANAS_EVERY_FAULT") == nullptr ? 3 : 1;
    for (size_t i = sweeps_++ % step; i < calls.size(); i += step) {
      SCOPED_TRACE("call " + std::to_string(i + 1) + ": " + calls[i]);
      Clear();
      work(i + 1, calls[i]);
      if (HasFailure()) return;  // one is enough to look at
    }
  }

  std::string At(size_t number, const std::string& what) const {
    return "path=" + run().string() + ";at=" + std::to_string(number) + ";do=" + what;
  }

  std::map<std::string, std::string> WholeRun() {
    Clear();
    EXPECT_EQ(Run("").code, 0) << ReadText(place_ / "stderr");
    const auto files = Files();
    ExpectSame(files);
    return files;
  }

  TempDir place_;
  size_t sweeps_ = 0;
  int64_t faults_ = 0;
};

using KillAtEachCall = SmallRunTest;
using PowerCutAtEachCall = SmallRunTest;
using ErrorAtEachCall = SmallRunTest;

TEST_F(KillAtEachCall, LosesNothing) {
  const auto whole = WholeRun();
  for (const std::string what : {"kill-before", "kill-after", "torn"}) {
    AtEachCall(/*thin=*/what == "kill-after", [&](size_t number, const std::string& call) {
      if (what == "torn" && !call.starts_with("write")) return;
      const Ending ending = Run(At(number, what));
      EXPECT_EQ(ending.code, 128 + SIGKILL) << what << ": " << ending.said;
      ExpectNothingLost();
      ExpectGoesOnToTheSameEnd(whole);
      ExpectNoCheckpointIsLeftOver();
    });
  }
}

TEST_F(PowerCutAtEachCall, LosesNothing) {
  const auto whole = WholeRun();
  for (const char* names : {"names=lost", "names=kept"}) {
    for (const std::string what : {"cut-before", "cut-after"}) {
      AtEachCall(/*thin=*/what == "cut-after", [&](size_t number, const std::string&) {
        const Ending ending = Run(At(number, what) + ";" + names + ";" + saved());
        EXPECT_EQ(ending.code, 128 + SIGKILL) << what << ", " << names << ": " << ending.said;
        ExpectNothingLost();
        ExpectGoesOnToTheSameEnd(whole);
        ExpectNoCheckpointIsLeftOver();
      });
    }
  }
}

TEST_F(ErrorAtEachCall, IsToldOrDoesNoHarm) {
  const auto whole = WholeRun();
  for (const std::string what : {"ENOSPC", "ENOSPC;lasting=1", "EIO", "EROFS;lasting=1"}) {
    AtEachCall(/*thin=*/what != "ENOSPC", [&](size_t number, const std::string& call) {
      const Ending ending = Run(At(number, what));
      if (ending.code != 0) {
        EXPECT_EQ(ending.code, static_cast<int>(ExitCode::kFile)) << what << ": " << ending.said;
        EXPECT_THAT(ending.said, testing::HasSubstr(run().string()));
        EXPECT_EQ(ending.said.find('\n'), std::string::npos) << ending.said;
      } else {
        // The name in the lock is for people; an old checkpoint that cannot be looked at or removed stays.
        const bool harmless = call.ends_with("/lock") || call.starts_with("close") || call.starts_with("unlink") ||
                              call.starts_with("look");
        EXPECT_TRUE(harmless) << what << " was not told";
      }
      ExpectNothingLost();
      ExpectGoesOnToTheSameEnd(whole);
    });
  }
}

TEST_F(ErrorAtEachCall, IsGoneOnWithWhereNoCheckpointIsRequired) {
  const auto whole = WholeRun();
  for (const std::string what : {"ENOSPC", "EIO"}) {
    AtEachCall(/*thin=*/what == "EIO", [&](size_t number, const std::string& call) {
      if (call.find("/checkpoints") == std::string::npos) return;
      const Ending ending = Run(At(number, what), /*required=*/false);
      EXPECT_EQ(ending.code, 0) << what << ": " << ending.said;
      const auto files = Files();
      for (const auto& [name, content] : whole) {
        if (name.starts_with("checkpoints/")) continue;
        EXPECT_EQ(files.at(name), content) << name;
      }
    });
  }
}

TEST_F(ErrorAtEachCall, ShortWritesAndInterruptsAreNone) {
  const auto whole = WholeRun();
  for (const std::string what : {"short", "short;lasting=1", "EINTR"}) {
    AtEachCall(/*thin=*/false, [&](size_t number, const std::string& call) {
      if (!call.starts_with("write")) return;
      const Ending ending = Run(At(number, what) + ";calls=write");
      EXPECT_EQ(ending.code, 0) << what << ": " << ending.said;
      ExpectSame(whole);
    });
  }
}

}  // namespace
}  // namespace danas
