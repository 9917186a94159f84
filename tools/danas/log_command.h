// danas log: the log of a run as readable text; --follow keeps printing while a process works on the run.
#pragma once

#include "call.h"
#include "option_groups.h"

namespace danas {

struct LogOptions {
  std::string run;
  bool follow = false;
};

void DescribeOptions(CLI::App& app, LogOptions& options);
int RunCommand(const LogOptions& options, const Call& call);

}  // namespace danas
