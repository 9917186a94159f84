// What `main` of both programs does around a command.
#pragma once

#include <functional>
#include <string>

#include "command_line.h"
#include "danas/core/error.h"

namespace danas {

// Ends the program with an exit code: all is said, by another process of the run.
struct QuietEnd {
  ExitCode code;
};

// Torch adds a stack trace to its messages, which is for -v.
std::string FirstLine(const std::string& message);

// Parses the line, sets up the log, runs `command` and flushes standard output. Every error becomes one line on standard
// error and the exit code of its kind.
int RunProgram(int argc, const char* const* argv, const std::function<int(const CommandLine&)>& command);

}  // namespace danas
