#include "network_inputs.h"

#include "danas/config/config_file.h"
#include "danas/core/error.h"
#include "inputs.h"

namespace danas {

Config ConfigOfNetwork(const Genotype& genotype, const std::string& arch, const ConfigOptions& options) {
  if (!options.config.empty()) return ReadConfig(options);
  const auto found = genotype.origin.find("config");
  if (found == genotype.origin.end()) {
    throw UsageError(arch + " does not record the config it was found with. Give one with --config");
  }
  Config config = ConfigFromJson(*found, arch + ", origin.config");
  Assign(config, options.settings);
  return config;
}

}  // namespace danas
