#include "version_command.h"

#include <iostream>

#include "version_info.h"

namespace danas {

void DescribeOptions(CLI::App& app, VersionOptions& options) {
  app.description("Print version and build information");
  app.add_flag("--full", options.full, "load torch and print its build, threads, instruction sets and GPUs too");
  AddJson(app, options.json);
}

int RunCommand(const VersionOptions& options, const Call&) {
  const Json versions = BuildVersions();
  std::cout << (options.json ? versions.dump(2) + "\n" : VersionText(versions));
  return 0;
}

}  // namespace danas
