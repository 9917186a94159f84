#include "network_inputs.h"

#include "danas/config/config_file.h"
#include "danas/core/error.h"
#include "inputs.h"

namespace danas {

Config ConfigOfNetwork(const Genotype& genotype, const CommandLine& line) {
  if (!line.config.config.empty()) return ReadConfig(line.config);
  const auto found = genotype.origin.find("config");
  if (found == genotype.origin.end()) {
    throw UsageError(line.arch + " does not say which config it is from. Name one with --config");
  }
  Config config = ConfigFromJson(*found, line.arch + ", origin.config");
  Assign(config, line.config.settings);
  return config;
}

}  // namespace danas
