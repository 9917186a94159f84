// `danas-engine`: the commands that need torch. `danas` becomes it; it parses the same command line.
#include <c10/util/Exception.h>
#include <malloc.h>

#include <climits>
#include <cstdio>
#include <cstdlib>

#include "command_table.h"
#include "danas/core/await.h"
#include "danas/core/error.h"
#include "danas/core/interrupt.h"
#include "danas/core/log.h"
#include "on_ranks.h"
#include "program.h"
#include "thread_waiting.h"

namespace danas {
namespace {

// Runs before every command.
void Prepare(bool keeps_memory) {
  if (!keeps_memory) log::warn("malloc's thresholds cannot be set on this system; training will be slower");
  CatchInterrupts();
  log::debug("idle threads: {}", ThreadWaiting().empty() ? "OpenMP's default wait policy" : ThreadWaiting());
}

struct RunHere {
  bool keeps_memory;

  template <typename Options>
  int operator()(const InEngine<Options>&, const Options& options, const Call& call) const {
    Prepare(keeps_memory);
    try {
      return RunCommand(options, call);
    } catch (const c10::Error& error) {
      throw AsEngineError(error);
    }
  }

  template <typename Options>
  int operator()(const InEither<Options>&, const Options& options, const Call& call) const {
    Prepare(keeps_memory);
    return RunInEngine(options, call);
  }

  template <typename Command, typename Options>
  int operator()(const Command& command, const Options&, const Call&) const {
    FailElsewhere("danas-engine", command.words);
  }
};

}  // namespace
}  // namespace danas

int main(int argc, char** argv) {
  // A training step frees and allocates the same large tensors again and again. Kept in the heap instead of being
  // returned to the system each time, they cost no page faults. Must come before anything allocates.
  const bool kept = mallopt(M_MMAP_THRESHOLD, 1 << 30) == 1 && mallopt(M_TRIM_THRESHOLD, INT_MAX) == 1;
  const int code = danas::RunProgram(argc, argv, danas::DescribedCommands(danas::RunHere{kept}));
  if (danas::ThreadsLeftBehind()) {
    std::fflush(nullptr);
    std::_Exit(code);
  }
  return code;
}
