// Runs a study's steps as child processes, several at once, each a command of danas.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "danas/study/plan.h"

namespace danas {

struct RunStepsOptions {
  std::filesystem::path program;                     // danas
  int64_t jobs = 1;                                  // at once
  std::function<void(const std::string& line)> say;  // "$ danas search ..."; nothing where it is empty
};

struct StepsOutcome {
  int64_t done = 0;                  // now and before
  std::vector<std::string> failed;   // names, in the plan's order
  std::vector<std::string> waiting;  // for failed ones: not begun
  int code = 0;                      // exit code of the first that failed, 128 + signal where one ended it
};

// Steps that are done are skipped. What a step prints goes to its OutputFile(). Where one fails, its file's last
// lines are printed, and all that do not need it continue. SIGINT, SIGTERM and SIGUSR1 are sent to each child once; no
// other is begun, and Interrupted is thrown when they have ended. Should this process be killed, the children end, too.
StepsOutcome RunSteps(const StudyPlan& plan, const RunStepsOptions& options);

}  // namespace danas
