// danas search: its options; search_command.cpp implements it.
#pragma once

#include "call.h"
#include "option_groups.h"

namespace danas {

struct SearchOptions {
  ConfigOptions config;
  LaunchOptions launch;
  RunOptions run;
  PlanOptions plan;
  int64_t images = 0;                     // of a plan without the dataset
  std::string predict;                    // "4xv100": a plan for these
  std::vector<std::string> predict_sets;  // "memory_share=0.25"
  bool json = false;
};

void DescribeOptions(CLI::App& app, SearchOptions& options);
int RunCommand(const SearchOptions& options, const Call& call);

}  // namespace danas
