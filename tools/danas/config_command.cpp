// danas config: the shipped configs, one in full, checks, schema and reference.
#include <iostream>

#include "commands.h"
#include "danas/config/config_file.h"
#include "danas/config/preset.h"
#include "danas/config/reference.h"
#include "danas/config/shipped.h"
#include "danas/core/log.h"
#include "inputs.h"

namespace danas {
namespace {

int ListConfigs() {
  for (const std::string& name : ShippedNames("")) std::cout << name << "\n";
  return 0;
}

// On standard error, so that what is shown stays a config.
void TellPreset(const Config& config) {
  for (const PresetValue& value : PresetValues(config)) {
    const std::string name = "search.preset " + std::string(NameOf(config.search.preset));
    if (value.of_preset == value.in_config) {
      log::info("{}: {} {}", name, value.key, value.of_preset);
    } else {
      log::info("{}: {} would be {}; set to {}", name, value.key, value.of_preset, value.in_config);
    }
  }
}

int ShowConfig(const ConfigOptions& options) {
  const Config config = ReadConfig(options);
  TellPreset(config);
  std::cout << JsonText(ToJson(config), 2) << "\n";
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
