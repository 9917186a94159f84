// danas config: the shipped configs, one in full, checks, schema and reference.
#include <iostream>

#include "commands.h"
#include "danas/config/config_file.h"
#include "danas/config/reference.h"
#include "danas/config/shipped.h"
#include "inputs.h"

namespace danas {
namespace {

int ListConfigs() {
  for (const std::string& name : ShippedNames("")) std::cout << name << "\n";
  return 0;
}

int ShowConfig(const ConfigOptions& options) {
  std::cout << JsonText(ToJson(ReadConfig(options)), 2) << "\n";
  return 0;
}

int CheckConfigs(const std::vector<std::string>& paths) {
  return CheckFiles(paths, [](const std::string& path) { LoadConfig(path); });
}

}  // namespace

int RunConfig(const CommandLine& line) {
  switch (line.command) {
    case Command::kConfigList:
      return ListConfigs();
    case Command::kConfigShow:
      return ShowConfig(line.config);
    case Command::kConfigCheck:
      return CheckConfigs(line.paths);
    case Command::kConfigSchema:
      std::cout << ConfigSchema().dump(2) << "\n";
      return 0;
    default:
      std::cout << ConfigReference();
      return 0;
  }
}

}  // namespace danas
