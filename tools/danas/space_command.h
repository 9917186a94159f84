// danas space: the shipped search spaces, one in full, and checks.
#pragma once

#include <optional>
#include <string>
#include <vector>

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
  Size size = {};  // {0, 0}: as in the file
  int key_points = 0;
  std::optional<std::string> graph;  // an SVG file to write
};

void DescribeOptions(CLI::App& app, SpaceShowOptions& options);
int RunCommand(const SpaceShowOptions& options, const Call& call);

struct SpaceCheckOptions {
  std::vector<std::string> files;
};

void DescribeOptions(CLI::App& app, SpaceCheckOptions& options);
int RunCommand(const SpaceCheckOptions& options, const Call& call);

}  // namespace danas
