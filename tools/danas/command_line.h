// The command line, the same for all programs: `danas` parses it, runs what needs neither torch nor OpenCV and hands
// the rest with the same arguments to `danas-data` or `danas-engine`, which parses it again. Help, man page and shell
// completion come from it. The commands are listed in command_table.h; here is what all have in common.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <vector>

#include "call.h"

namespace danas {

// A line that was parsed.
struct CommandLine {
  Call call;
  std::function<int(const Call& call)> run;  // the command with its options; empty after help or a version
  bool missing = false;                      // no command was typed, and help went to standard error
};

// A command, or a group of them, as the parser sees it.
struct DescribedCommand {
  const char* words;  // "space list"
  // Adds texts and options to `app`. Parsing it fills `line`, which must outlive it.
  std::function<void(CLI::App& app, CommandLine& line)> describe;
};

void AddVerbosity(CLI::App& app, Call& call);  // --quiet and --verbose

// A group stands before its commands.
void DescribeCommandLine(CLI::App& app, const std::vector<DescribedCommand>& commands, CommandLine& line);

// Throws UsageError, with the nearest option or command if one was mistyped. --help and --version print.
CommandLine ParseCommandLine(int argc, const char* const* argv, const std::vector<DescribedCommand>& commands);

}  // namespace danas
