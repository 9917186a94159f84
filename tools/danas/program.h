// What `main` of each program does around a command.
#pragma once

#include <string_view>
#include <vector>

#include "command_line.h"
#include "danas/core/error.h"

namespace danas {

// Ends the program with an exit code and no message: another process of the run has reported the error.
struct QuietEnd {
  ExitCode code;
};

// An exception as an error of danas with its exit code: a lack of memory or threads is a device error, an unknown
// exception a bug. Torch adds a stack trace to its messages, which is shown with -v only.
Error AsError(const std::exception& exception);

// Writes to standard output at once. If its reader has closed the pipe (`danas log RUN | head`), ends the program
// silently with the exit code of SIGPIPE, as Unix commands do. Throws FileError if it cannot be written.
void WriteOut(std::string_view text);

// Throws UsageError: `program` was called directly with a command that another program runs.
[[noreturn]] void FailElsewhere(const char* program, const char* command);

// Parses the line, sets up the log, runs the command that was typed and flushes standard output. Every error becomes
// one line on standard error and the exit code of its kind.
int RunProgram(int argc, const char* const* argv, const std::vector<DescribedCommand>& commands);

}  // namespace danas
