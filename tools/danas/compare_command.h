// danas compare: trained networks in one table.
#pragma once

#include "call.h"
#include "option_groups.h"

namespace danas {

struct CompareOptions {
  std::vector<std::string> runs;
  bool json = false;
};

void DescribeOptions(CLI::App& app, CompareOptions& options);
int RunCommand(const CompareOptions& options, const Call& call);

}  // namespace danas
