// danas version: version and build information; with --full also what torch reports on this machine.
#pragma once

#include "call.h"
#include "option_groups.h"

namespace danas {

struct VersionOptions {
  bool full = false;
  bool json = false;
};

void DescribeOptions(CLI::App& app, VersionOptions& options);
inline bool NeedsEngine(const VersionOptions& options) { return options.full; }
int RunCommand(const VersionOptions& options, const Call& call);
int RunInEngine(const VersionOptions& options, const Call& call);

}  // namespace danas
