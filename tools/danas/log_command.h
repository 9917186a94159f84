// danas log: what a run logged, for people; --follow goes on as long as a process works on the run.
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
