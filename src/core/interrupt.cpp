#include "danas/core/interrupt.h"

#include <csignal>

#include "danas/core/error.h"

namespace danas {
namespace {

volatile std::sig_atomic_t interrupt_requested = 0;

void OnSignal(int signal) {
  if (interrupt_requested != 0) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
  interrupt_requested = 1;
}

}  // namespace

void CatchInterrupts() {
  struct sigaction action {};
  action.sa_handler = OnSignal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_NODEFER | SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGUSR1, &action, nullptr);
  // Ctrl-C ends the `tee` that a run's output goes to as well, and a pager may be left: neither ends the run.
  std::signal(SIGPIPE, SIG_IGN);
}

bool InterruptRequested() { return interrupt_requested != 0; }

void ThrowIfInterrupted() {
  if (InterruptRequested()) throw Interrupted("stopped by a signal");
}

}  // namespace danas
