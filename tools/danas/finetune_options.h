// danas finetune: its options; finetune_command.cpp implements it.
#pragma once

#include "call.h"
#include "option_groups.h"

namespace danas {

struct FinetuneOptions {
  std::string arch;
  std::string init;  // weights to begin with
  ConfigOptions config;
  LaunchOptions launch;
  RunOptions run;
  bool json = false;
};

void DescribeOptions(CLI::App& app, FinetuneOptions& options);
int RunCommand(const FinetuneOptions& options, const Call& call);

}  // namespace danas
