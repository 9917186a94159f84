#include "log_command.h"

#include <poll.h>

#include "danas/core/error.h"
#include "danas/core/interrupt.h"
#include "danas/core/run_folder.h"
#include "danas/watch/log_printer.h"
#include "danas/watch/run_status.h"
#include "program.h"

namespace danas {
namespace {

bool MayLive(const std::filesystem::path& run) {
  const RunHolder::State state = FindHolder(run).state;
  return state == RunHolder::State::kAlive || state == RunHolder::State::kElsewhere;
}

}  // namespace

void DescribeOptions(CLI::App& app, LogOptions& options) {
  app.description("Print the log of a run as readable text");
  app.footer(
      "Examples:\n"
      "  danas log runs/mine\n"
      "  danas log runs/mine --follow\n"
      "Times are in UTC. --follow runs until no process is working on the run (exit code 0) or until Ctrl-C (130).\n"
      "Programs should read log.jsonl and alpha.jsonl in the run folder instead; see docs/file-formats.md.");
  app.add_option("run", options.run, "run folder")->option_text("RUN")->required();
  app.add_flag("-f,--follow", options.follow, "keep printing new entries as they are logged");
}

int RunCommand(const LogOptions& options, const Call&) {
  const std::filesystem::path run = options.run;
  if (!HoldsRun(run)) throw FileError(run.string() + " contains no run: there is no log.jsonl");
  CatchInterrupts();
  LogPrinter printer(run, WriteOut);
  while (true) {
    const bool may_live = options.follow && MayLive(run);  // before reading: its last lines are read too
    while (printer.PrintNew()) {
      if (InterruptRequested()) return static_cast<int>(ExitCode::kInterrupted);
    }
    if (!may_live) return 0;
    ::poll(nullptr, 0, 500);
    if (InterruptRequested()) return static_cast<int>(ExitCode::kInterrupted);
  }
}

}  // namespace danas
