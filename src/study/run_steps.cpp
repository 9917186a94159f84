#include "danas/study/run_steps.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <map>

#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/log.h"
#include "danas/core/seconds_since.h"
#include "danas/core/text_file.h"
#include "danas/core/units.h"
#include "danas/events/log_excerpt.h"
#include "danas/study/step_state.h"

namespace danas {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

enum class Progress { kWaits, kRuns, kDone, kFailed };

// The signals that a terminal, a batch system and children send wait for sigtimedwait() while this lives.
class WatchedSignals {
 public:
  WatchedSignals() {
    sigemptyset(&watched_);
    for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGCHLD}) sigaddset(&watched_, signal);
    ::sigprocmask(SIG_BLOCK, &watched_, &before_);
  }
  ~WatchedSignals() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  WatchedSignals(const WatchedSignals&) = delete;
  WatchedSignals& operator=(const WatchedSignals&) = delete;

  // The next signal; 0 where none comes within a second.
  int Wait() const {
    const timespec second{.tv_sec = 1, .tv_nsec = 0};
    return std::max(0, ::sigtimedwait(&watched_, nullptr, &second));
  }
  const sigset_t& before() const { return before_; }

 private:
  sigset_t watched_{}, before_{};
};

// The last lines of a step's output, for a message.
std::string LastLines(const fs::path& output) {
  constexpr size_t kLines = 8;
  const std::vector<std::string> lines = LinesOf(PlainText(ReadTail(output, 4000)));
  std::string text;
  for (size_t i = lines.size() - std::min(kLines, lines.size()); i < lines.size(); ++i) text += "\n  | " + lines[i];
  return text;
}

class Runner {
 public:
  Runner(const StudyPlan& plan, const RunStepsOptions& options) : plan_(plan), options_(options) {
    for (const StudyStep& step : plan.steps) {
      progress_.push_back(StateOf(step) == StepState::kDone ? Progress::kDone : Progress::kWaits);
    }
  }

  ~Runner() {
    for (const auto& [process, running] : running_) ::kill(process, SIGKILL);
    for (const auto& [process, running] : running_) ::waitpid(process, nullptr, 0);
  }
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  StepsOutcome Run() {
    do {
      if (!interrupted_) StartReady();
      if (running_.empty()) break;
      const int signal = signals_.Wait();
      if (signal > 0 && signal != SIGCHLD) SendToAll(signal);
      Reap();
    } while (true);
    if (interrupted_) throw Interrupted("stopped by a signal; the same command continues the study");
    return Outcome();
  }

 private:
  struct Running {
    size_t step;
    Clock::time_point since;
  };

  void StartReady() {
    for (size_t i = 0; i < plan_.steps.size() && static_cast<int64_t>(running_.size()) < options_.jobs; ++i) {
      if (progress_[i] == Progress::kWaits && IsReady(plan_.steps[i])) Start(i);
    }
  }

  bool IsReady(const StudyStep& step) const {
    return std::ranges::all_of(step.needs, [&](size_t need) { return progress_[need] == Progress::kDone; });
  }

  void Start(size_t number) {
    const StudyStep& step = plan_.steps[number];
    WriteAsked(step);
    Say("$ " + CommandText(step));
    running_[Fork(step)] = {number, Clock::now()};
    progress_[number] = Progress::kRuns;
  }

  pid_t Fork(const StudyStep& step) const {
    const int output = ::open(OutputFile(step).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (output < 0) throw FileError("cannot open " + OutputFile(step).string() + ": " + std::strerror(errno));
    std::vector<std::string> words = {options_.program.string()};
    words.insert(words.end(), step.words.begin(), step.words.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const pid_t parent = ::getpid();
    const pid_t process = ::fork();
    if (process == 0) BecomeStep(output, arguments, parent);
    ::close(output);
    if (process < 0) throw FileError(std::string("cannot start a step: ") + std::strerror(errno));
    return process;
  }

  [[noreturn]] void BecomeStep(int output, std::vector<char*>& arguments, pid_t parent) const {
    // A group of its own: Ctrl-C at the terminal comes from the study, once.
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    ::sigprocmask(SIG_SETMASK, &signals_.before(), nullptr);
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::execv(arguments.front(), arguments.data());
    std::perror(arguments.front());
    ::_exit(127);
  }

  void SendToAll(int signal) {
    if (!interrupted_) Say("stopping " + std::to_string(running_.size()) + " steps; what they have done is kept");
    interrupted_ = true;
    for (const auto& [process, running] : running_) ::kill(process, signal);
  }

  void Reap() {
    for (auto at = running_.begin(); at != running_.end();) {
      int status = 0;
      if (::waitpid(at->first, &status, WNOHANG) != at->first) {
        ++at;
        continue;
      }
      const Running ended = at->second;
      at = running_.erase(at);
      Take(ended, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    }
  }

  void Take(const Running& ended, int code) {
    const StudyStep& step = plan_.steps[ended.step];
    const bool done = code == 0 && StateOf(step) == StepState::kDone;
    progress_[ended.step] = done ? Progress::kDone : Progress::kFailed;
    if (done) {
      Say(step.name + ": done in " + FormatDuration(SecondsSince(ended.since)) + ", " +
          std::to_string(Count(Progress::kDone)) + " of " + std::to_string(plan_.steps.size()) + " steps");
    } else if (!interrupted_) {
      if (code_ == 0) code_ = code == 0 ? static_cast<int>(ExitCode::kInternal) : code;
      log::error("{}: {}; the others continue. {} ends:{}", step.name,
                 code == 0 ? "it left no result" : "exit code " + std::to_string(code), OutputFile(step).string(),
                 LastLines(OutputFile(step)));
    }
  }

  int64_t Count(Progress progress) const { return std::ranges::count(progress_, progress); }

  StepsOutcome Outcome() const {
    StepsOutcome outcome{.done = Count(Progress::kDone), .failed = {}, .waiting = {}, .code = code_};
    for (size_t i = 0; i < plan_.steps.size(); ++i) {
      if (progress_[i] == Progress::kFailed) outcome.failed.push_back(plan_.steps[i].name);
      if (progress_[i] == Progress::kWaits) outcome.waiting.push_back(plan_.steps[i].name);
    }
    return outcome;
  }

  void Say(const std::string& line) const {
    if (options_.say) options_.say(line);
  }

  const StudyPlan& plan_;
  const RunStepsOptions& options_;
  const WatchedSignals signals_;
  std::vector<Progress> progress_;
  std::map<pid_t, Running> running_;
  bool interrupted_ = false;
  int code_ = 0;
};

}  // namespace

StepsOutcome RunSteps(const StudyPlan& plan, const RunStepsOptions& options) { return Runner(plan, options).Run(); }

}  // namespace danas
