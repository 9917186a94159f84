// danas cost: what a network or a space costs.
#pragma once

#include "call.h"
#include "option_groups.h"

namespace danas {

struct CostOptions {
  std::string space;
  std::string arch;
  InputOptions input;
  int key_points = 0;  // 0: the space as it is
  std::string latency_table;
  std::string target;  // "325M"
  bool json = false;
};

void DescribeOptions(CLI::App& app, CostOptions& options);
int RunCommand(const CostOptions& options, const Call& call);

}  // namespace danas
