// danas rank: its options; rank_command.cpp implements it.
#pragma once

#include <cstdint>

#include "call.h"
#include "option_groups.h"

namespace danas {

struct RankOptions {
  SearchedRunOptions search;
  std::string archs;                 // networks to score: a file
  bool all = false;                  // every network
  int64_t sample = 0;                // so many random ones
  double band = -1;                  // share of search.budget, either way; below 0: none is given
  std::string truth;                 // a table of trained networks
  std::vector<std::string> budgets;  // "300M"
  int64_t seed = 0;
  LaunchOptions launch;
  bool json = false;
};

void DescribeOptions(CLI::App& app, RankOptions& options);
int RunCommand(const RankOptions& options, const Call& call);

}  // namespace danas
