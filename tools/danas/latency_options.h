// danas latency: its options; latency_command.cpp implements it.
#pragma once

#include <cstdint>

#include "call.h"
#include "option_groups.h"

namespace danas {

struct LatencyOptions {
  ConfigOptions config;
  std::string space;
  std::string arch;
  InputOptions input;
  int64_t batch = 1;
  int64_t rounds = 20;
  double minutes = 10;
  std::string out;    // empty: latency-<space>.yaml
  std::string table;  // is checked instead of measured
  int64_t check = 0;  // networks
  std::string runtime = "danas";
  std::string python;  // empty: python3
  bool json = false;
};

void DescribeOptions(CLI::App& app, LatencyOptions& options);
int RunCommand(const LatencyOptions& options, const Call& call);

}  // namespace danas
