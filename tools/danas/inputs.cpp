#include "inputs.h"

#include <filesystem>
#include <iostream>

#include "danas/config/config_file.h"
#include "danas/core/error.h"
#include "danas/core/log.h"

namespace danas {

Config ReadConfig(const ConfigOptions& options) {
  if (!options.config.empty()) return LoadConfig(options.config, options.settings);
  Config config;
  Assign(config, options.settings);
  return config;
}

std::string ConfigName(const ConfigOptions& options) {
  return options.config.empty() ? "default" : std::filesystem::path(options.config).stem().string();
}

int CheckFiles(const std::vector<std::string>& paths,
               const std::function<std::string(const std::string& path)>& check) {
  int code = 0;
  for (const std::string& path : paths) {
    try {
      const std::string below = check(path);
      std::cout << path << ": valid\n" << below;
    } catch (const Error& error) {
      std::cout.flush();
      log::error("{}", error.what());
      if (code == 0) code = static_cast<int>(error.exit_code());
    }
  }
  return code;
}

}  // namespace danas
