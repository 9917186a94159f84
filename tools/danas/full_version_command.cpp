// danas version --full: what torch reports about itself on this machine.
#include <ATen/ATen.h>
#include <ATen/Version.h>

#include <iostream>

#include "danas/run/device.h"
#include "version_command.h"
#include "version_info.h"

namespace danas {

int RunInEngine(const VersionOptions& options, const Call&) {
  Json versions = BuildVersions();
  versions["device"] = DescribeDevice(OpenDevice({}, 0));
  versions["cpu_kernels"] = at::get_cpu_capability();
  if (options.json) {
    versions["torch_build"] = at::show_config();
    std::cout << versions.dump(2) << "\n";
  } else {
    std::cout << VersionText(versions) << "\n" << at::show_config();
  }
  return 0;
}

}  // namespace danas
