#include "status_command.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <set>

#include "danas/core/error.h"
#include "danas/core/interrupt.h"
#include "danas/core/utc_time.h"
#include "danas/watch/live_text.h"
#include "danas/watch/run_status.h"
#include "danas/watch/status_text.h"
#include "program.h"

namespace danas {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kRedraw(2);
constexpr std::chrono::seconds kLineAgain(30);  // for output that cannot be redrawn

struct Query {
  std::vector<std::string> paths;
  bool table = false;  // asked for a folder of runs, or for several
};

std::vector<RunStatus> Look(Query& query) {
  std::set<std::filesystem::path> seen;
  std::vector<std::filesystem::path> runs;
  for (const std::string& path : query.paths) {
    query.table = query.table || query.paths.size() > 1 || !HoldsRun(path);
    for (const std::filesystem::path& run : FindRuns(path)) {
      if (seen.insert(run.lexically_normal()).second) runs.push_back(run.lexically_normal());
    }
  }
  std::vector<RunStatus> statuses;
  for (const std::filesystem::path& run : runs) {
    try {
      statuses.push_back(ReadRunStatus(run, std::time(nullptr)));
    } catch (const FileError& error) {
      // One that cannot be read does not hide the others.
      if (!query.table) throw;
      statuses.emplace_back();
      statuses.back().folder = run;
      statuses.back().warnings.emplace_back(error.what());
    }
  }
  return statuses;
}

std::string Text(const std::vector<RunStatus>& runs, const Query& query) {
  if (!query.table) return StatusText(runs.front());
  std::string text = StatusTable(runs);
  for (const RunStatus& run : runs) {
    if (run.warnings.empty()) continue;
    text += run.folder.string() + ": " + run.warnings.back() + "\n";
  }
  return text;
}

bool MayLive(const RunStatus& run) { return run.life == RunLife::kRunning || run.life == RunLife::kUnknown; }

bool DrawsAgain() {
  const char* terminal = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

winsize TerminalSize() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) size.ws_col = 80;
  if (size.ws_row == 0) size.ws_row = 24;
  return size;
}

// Until the time has passed or Ctrl-C is pressed.
void WaitFor(std::chrono::seconds time) {
  const Clock::time_point end = Clock::now() + time;
  while (!InterruptRequested() && Clock::now() < end) ::poll(nullptr, 0, 100);
}

// Lines for output that cannot be redrawn: one for every run whose state has changed, and now and then one for each.
class ChangingLines {
 public:
  std::string Next(const std::vector<RunStatus>& runs) {
    const bool all = Clock::now() >= due_;
    if (all) due_ = Clock::now() + kLineAgain;
    std::set<std::string> states;
    std::string text;
    for (const RunStatus& run : runs) {
      std::string state = run.folder.string() + NameOf(run.life) + run.at.phase;
      if (all || !states_.contains(state)) text += FormatUtc(std::time(nullptr)) + "  " + StatusLine(run) + "\n";
      states.insert(std::move(state));
    }
    states_ = std::move(states);
    return text;
  }

 private:
  Clock::time_point due_ = Clock::now();
  std::set<std::string> states_;
};

int Watch(Query& query, bool json) {
  CatchInterrupts();
  const bool draws = DrawsAgain() && !json;
  LiveText live;
  ChangingLines lines;
  while (true) {
    const std::vector<RunStatus> runs = Look(query);
    if (json) {
      WriteOut(JsonText(StatusJson(runs)) + "\n");
    } else if (draws) {
      const winsize size = TerminalSize();
      WriteOut(live.Draw(Text(runs, query), size.ws_col, size.ws_row));
    } else {
      WriteOut(lines.Next(runs));
    }
    if (std::none_of(runs.begin(), runs.end(), MayLive)) return 0;
    WaitFor(kRedraw);
    if (InterruptRequested()) return static_cast<int>(ExitCode::kInterrupted);
  }
}

}  // namespace

void DescribeOptions(CLI::App& app, StatusOptions& options) {
  app.description("Show the status of runs");
  app.footer(
      "Examples:\n"
      "  danas status runs/mine\n"
      "  danas status runs --watch\n"
      "A single run is shown in full; several runs, or a folder of runs, as a table. Works on any run, alive, dead or\n"
      "finished, from any terminal. --watch refreshes every two seconds until no run is alive (exit code 0) or until\n"
      "Ctrl-C (130); if the output is not a terminal, it prints a line twice a minute and whenever a run's phase or\n"
      "state changes.");
  app.add_option("run", options.paths, "run folders, or folders that contain them")->option_text("RUN...")->required();
  app.add_flag("-w,--watch", options.watch, "keep refreshing until no run is alive");
  AddJson(app, options.json);
}

int RunCommand(const StatusOptions& options, const Call&) {
  Query query{.paths = options.paths};
  if (options.watch) return Watch(query, options.json);
  const std::vector<RunStatus> runs = Look(query);
  std::cout << (options.json ? JsonText(StatusJson(runs), 2) + "\n" : Text(runs, query));
  return 0;
}

}  // namespace danas
