// danas man: the manual page, in man(7)'s markup, from the command line's own description.
#pragma once

#include "call.h"
#include "option_groups.h"

namespace danas {

struct ManOptions {};

void DescribeOptions(CLI::App& app, ManOptions& options);
int RunCommand(const ManOptions& options, const Call& call);

}  // namespace danas
