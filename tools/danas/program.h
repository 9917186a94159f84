// What `main` of both programs does around a command.
#pragma once

#include <functional>

#include "command_line.h"

namespace danas {

// Parses the line, sets up the log, runs `command` and flushes standard output. Every error becomes one line on standard
// error and the exit code of its kind.
int RunProgram(int argc, const char* const* argv, const std::function<int(const CommandLine&)>& command);

}  // namespace danas
