// danas status: how runs are doing, from their folders; alive, dead or finished.
#pragma once

#include "call.h"
#include "option_groups.h"

namespace danas {

struct StatusOptions {
  std::vector<std::string> paths;  // run folders, or folders of them
  bool watch = false;
  bool json = false;
};

void DescribeOptions(CLI::App& app, StatusOptions& options);
int RunCommand(const StatusOptions& options, const Call& call);

}  // namespace danas
