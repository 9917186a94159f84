// danas evaluate: its options; evaluate_command.cpp implements it.
#pragma once

#include "call.h"
#include "option_groups.h"

namespace danas {

struct EvaluateOptions {
  std::string arch;
  std::string model;
  std::string run;      // a folder that stands for its network, weights and config
  std::string weights;  // safetensors or .pth
  ConfigOptions config;
  LaunchOptions launch;
  bool json = false;
};

void DescribeOptions(CLI::App& app, EvaluateOptions& options);
int RunCommand(const EvaluateOptions& options, const Call& call);

}  // namespace danas
