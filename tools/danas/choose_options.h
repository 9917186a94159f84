// danas choose: its options; choose_command.cpp implements it.
#pragma once

#include <cstdint>

#include "call.h"
#include "option_groups.h"

namespace danas {

struct ChooseOptions {
  SearchedRunOptions search;
  std::string budget;               // "300M"; empty: the search's
  std::vector<std::string> limits;  // "parameters=4M"
  std::string latency_table;        // of a limit on latency; empty: the search's
  int64_t sample = 0;               // networks to score; 0: the default
  int64_t seed = 0;
  std::string out;
  LaunchOptions launch;
  bool json = false;
};

void DescribeOptions(CLI::App& app, ChooseOptions& options);
int RunCommand(const ChooseOptions& options, const Call& call);

}  // namespace danas
