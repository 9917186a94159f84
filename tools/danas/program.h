// What `main` of each program does around a command.
#pragma once

#include <string_view>
#include <vector>

#include "command_line.h"
#include "danas/core/error.h"

namespace danas {

// Ends the program with an exit code: all is said, by another process of the run.
struct QuietEnd {
  ExitCode code;
};

// What an exception says, as an error of danas with its exit code: a want of memory or threads is one of the device,
// what is not known a bug. Torch adds a stack trace to its messages, which is for -v.
Error AsError(const std::exception& exception);

// Writes to standard output at once. Where nobody reads it any more (`danas log RUN | head`), ends the program without
// a word and with the code of SIGPIPE, as Unix commands end. Throws FileError where it cannot be written.
void WriteOut(std::string_view text);

// Throws UsageError: `program` was called directly with a command that another program runs.
[[noreturn]] void FailElsewhere(const char* program, const char* command);

// Parses the line, sets up the log, runs the command that was typed and flushes standard output. Every error becomes
// one line on standard error and the exit code of its kind.
int RunProgram(int argc, const char* const* argv, const std::vector<DescribedCommand>& commands);

}  // namespace danas
