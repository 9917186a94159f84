// One function a command, each in a file of its own. They print results on standard output, return the exit code and throw
// danas::Error. The first group needs no torch and is linked into `danas`, the second into `danas-engine`.
#pragma once

#include "command_line.h"

namespace danas {

int RunCost(const CommandLine& line);
int RunCompare(const CommandLine& line);
int RunLogCommand(const CommandLine& line);
int RunStatusCommand(const CommandLine& line);
int RunModels(const CommandLine& line);
int RunStudyCommand(const CommandLine& line);
int RunSpace(const CommandLine& line);
int RunConfig(const CommandLine& line);
int RunVersion(const CommandLine& line);
int RunCompletion(const CommandLine& line);
int RunMan(const CommandLine& line);

int RunSearchCommand(const CommandLine& line);
int RunFinetuneCommand(const CommandLine& line);
int RunTrainCommand(const CommandLine& line);
int RunEasinessCommand(const CommandLine& line);
int RunEvaluateCommand(const CommandLine& line);
int RunRankCommand(const CommandLine& line);
int RunChooseCommand(const CommandLine& line);
int RunData(const CommandLine& line);
int RunDataPack(const CommandLine& line);
int RunDataCheck(const CommandLine& line);
int RunBench(const CommandLine& line);
int RunFullVersion(const CommandLine& line);

}  // namespace danas
