// danas export: its options; export_command.cpp implements it.
#pragma once

#include <cstdint>

#include "call.h"
#include "option_groups.h"

namespace danas {

struct ExportOptions {
  std::string run;  // a folder that stands for its network, weights and config
  std::string arch;
  std::string weights;  // empty: initialised
  std::string labels;   // a file, one class a line
  std::string to;
  std::string out;   // folder
  std::string name;  // of the network in Python
  Size size = {};    // {0, 0}: as in the file
  int64_t opset = 17;
  bool keep_batch_norm = false;
  bool softmax = false;
  bool weights_beside = false;
  std::string quantize;              // "int8"; empty: float32
  int64_t calibration_images = 256;  // of the training set
  int64_t examples = 0;
  ConfigOptions config;
};

void DescribeOptions(CLI::App& app, ExportOptions& options);
int RunCommand(const ExportOptions& options, const Call& call);

}  // namespace danas
