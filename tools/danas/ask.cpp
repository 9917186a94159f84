#include "ask.h"

#include <poll.h>
#include <unistd.h>

#include <iostream>

#include "danas/core/error.h"
#include "danas/core/interrupt.h"
#include "danas/core/log.h"
#include "danas/core/units.h"

namespace danas {
namespace {

// The terminal's next line; empty at its end. std::getline would read on after a signal.
std::string ReadAnswer() {
  std::string line;
  for (char letter = 0; letter != '\n';) {
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    // A signal that comes just before poll() does not end it: look again in a while.
    const int ready = ::poll(&input, 1, /*milliseconds=*/200);
    ThrowIfInterrupted();
    if (ready <= 0) continue;
    if (::read(STDIN_FILENO, &letter, 1) != 1) break;
    line += letter;
  }
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || line.back() == ' ')) line.pop_back();
  return line;
}

}  // namespace

void AskBefore(const LongRun& run) {
  if (run.ask_above == 0 || run.seconds <= 60 * run.ask_above) return;
  log::warn("this is expected to take {} (--dry-run shows the plan). Shorter: {}", FormatDuration(run.seconds),
            run.shorter);
  const bool on_terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
  if (run.yes || run.ranks > 1 || !on_terminal) return;
  std::cerr << "Begin all the same? [y/N] " << std::flush;
  const std::string answer = ReadAnswer();
  if (answer == "y" || answer == "Y" || answer == "yes" || answer == "Yes") return;
  throw Interrupted("not begun. --yes begins without asking, runtime.ask_above sets from when on danas asks");
}

}  // namespace danas
