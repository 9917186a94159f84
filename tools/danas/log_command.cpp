// danas log: what a run logged, for people; --follow goes on as long as a process works on the run.
#include <poll.h>

#include "commands.h"
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

int RunLogCommand(const CommandLine& line) {
  const std::filesystem::path run = line.paths.front();
  if (!HoldsRun(run)) throw FileError(run.string() + " holds no run: there is no log.jsonl");
  CatchInterrupts();
  LogPrinter printer(run, WriteOut);
  while (true) {
    const bool may_live = line.follow && MayLive(run);  // before reading: what it wrote last is read too
    while (printer.PrintNew()) {
      if (InterruptRequested()) return static_cast<int>(ExitCode::kInterrupted);
    }
    if (!may_live) return 0;
    ::poll(nullptr, 0, 500);
    if (InterruptRequested()) return static_cast<int>(ExitCode::kInterrupted);
  }
}

}  // namespace danas
