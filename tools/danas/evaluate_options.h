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
  // Of key-points:
  std::string boxes = "truth";  // or a detector's result file
  std::string difficulty;       // errors of the training set's persons to write
  std::string results;          // COCO result JSON to write
  int draw = 0;                 // pictures
  std::string out;              // their folder
};

void DescribeOptions(CLI::App& app, EvaluateOptions& options);
int RunCommand(const EvaluateOptions& options, const Call& call);

}  // namespace danas
