// danas space: the shipped search spaces, one in full, checks, and random networks of a given cost.
#pragma once

#include <cstdint>

#include "call.h"
#include "option_groups.h"

namespace danas {

struct SpaceListOptions {
  bool json = false;
};

void DescribeOptions(CLI::App& app, SpaceListOptions& options);
int RunCommand(const SpaceListOptions& options, const Call& call);

struct SpaceShowOptions {
  std::string space;
  bool json = false;
};

void DescribeOptions(CLI::App& app, SpaceShowOptions& options);
int RunCommand(const SpaceShowOptions& options, const Call& call);

struct SpaceCheckOptions {
  std::vector<std::string> files;
};

void DescribeOptions(CLI::App& app, SpaceCheckOptions& options);
int RunCommand(const SpaceCheckOptions& options, const Call& call);

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
