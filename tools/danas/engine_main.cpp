// `danas-engine`: the commands that need torch. `danas` starts it; it parses the same command line.
#include <c10/util/Exception.h>
#include <malloc.h>

#include <climits>
#include <cstdio>
#include <cstdlib>

#include "commands.h"
#include "danas/core/await.h"
#include "danas/core/error.h"
#include "danas/core/interrupt.h"
#include "danas/core/log.h"
#include "program.h"
#include "rank_command.h"
#include "thread_waiting.h"

namespace danas {
namespace {

int RunCommand(const CommandLine& line) {
  CatchInterrupts();
  log::debug("threads without work: {}", ThreadWaiting().empty() ? "as OpenMP lets them wait" : ThreadWaiting());
  switch (line.command) {
    case Command::kSearch:
      return RunSearchCommand(line);
    case Command::kFinetune:
      return RunFinetuneCommand(line);
    case Command::kTrain:
      return RunTrainCommand(line);
    case Command::kEasiness:
      return RunEasinessCommand(line);
    case Command::kEvaluate:
      return RunEvaluateCommand(line);
    case Command::kRank:
      return RunRankCommand(line);
    case Command::kChoose:
      return RunChooseCommand(line);
    case Command::kDataInfo:
    case Command::kDataManifest:
      return RunData(line);
    case Command::kDataPack:
      return RunDataPack(line);
    case Command::kDataCheck:
      return RunDataCheck(line);
    case Command::kBenchSupernet:
    case Command::kBenchLoader:
      return RunBench(line);
    case Command::kVersion:
      return RunFullVersion(line);
    default:
      throw UsageError("danas-engine runs search, finetune, train, easiness, evaluate, rank, choose, data and bench alone; call danas");
  }
}

}  // namespace
}  // namespace danas

int main(int argc, char** argv) {
  // A training step frees and asks for the same large tensors again and again. Kept in the heap instead of being handed
  // back to the system each time, they cost no page faults. Before anything allocates.
  const bool kept = mallopt(M_MMAP_THRESHOLD, 1 << 30) == 1 && mallopt(M_TRIM_THRESHOLD, INT_MAX) == 1;
  const int code = danas::RunProgram(argc, argv, [&](const danas::CommandLine& line) {
    if (!kept) danas::log::warn("malloc takes no thresholds here; training will be slower than it could be");
    try {
      return danas::RunCommand(line);
    } catch (const c10::Error& error) {
      throw danas::AsEngineError(error);
    }
  });
  if (danas::ThreadsLeftBehind()) {
    std::fflush(nullptr);
    std::_Exit(code);
  }
  return code;
}
