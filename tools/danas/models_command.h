// danas models: the zoo's networks and what they cost.
#pragma once

#include "call.h"
#include "option_groups.h"

namespace danas {

struct ModelsOptions {
  InputOptions input;
  bool json = false;
};

void DescribeOptions(CLI::App& app, ModelsOptions& options);
int RunCommand(const ModelsOptions& options, const Call& call);

}  // namespace danas
