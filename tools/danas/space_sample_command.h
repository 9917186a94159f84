// danas space sample: random networks of a given cost.
#pragma once

#include <cstdint>

#include "call.h"
#include "option_groups.h"

namespace danas {

struct SpaceSampleOptions {
  std::string arch;
  ConfigOptions config;  // instead of `arch`
  std::string space;     // empty: the network's or the config's
  double band_percent = 5;
  int count = 1;
  int64_t seed = 0;
  std::string out;
  bool json = false;
};

void DescribeOptions(CLI::App& app, SpaceSampleOptions& options);
int RunCommand(const SpaceSampleOptions& options, const Call& call);

}  // namespace danas
