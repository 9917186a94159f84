// danas completion: shell completion for bash and zsh, from the command line's own description. Both complete commands,
// options, and file names elsewhere.
#pragma once

#include "call.h"
#include "option_groups.h"

namespace danas {

struct CompletionOptions {
  std::string shell;
};

void DescribeOptions(CLI::App& app, CompletionOptions& options);
int RunCommand(const CompletionOptions& options, const Call& call);

}  // namespace danas
