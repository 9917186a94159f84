// danas easiness: its options; easiness_command.cpp implements it.
#pragma once

#include "call.h"
#include "option_groups.h"

namespace danas {

struct EasinessOptions {
  std::vector<std::string> weights;  // "NAME=FILE"
  bool train = true;                 // networks that are not trained yet
  ConfigOptions config;
  LaunchOptions launch;
  RunOptions run;
  PlanOptions plan;
  bool json = false;
};

void DescribeOptions(CLI::App& app, EasinessOptions& options);
int RunCommand(const EasinessOptions& options, const Call& call);

}  // namespace danas
