// danas train: its options; train_command.cpp implements it.
#pragma once

#include "call.h"
#include "option_groups.h"

namespace danas {

struct TrainOptions {
  std::string model;
  ConfigOptions config;
  LaunchOptions launch;
  RunOptions run;
  bool json = false;
};

void DescribeOptions(CLI::App& app, TrainOptions& options);
int RunCommand(const TrainOptions& options, const Call& call);

}  // namespace danas
