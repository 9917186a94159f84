#include "network_inputs.h"

#include <algorithm>

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

void RequireClasses(const Genotype& genotype, const ClassList& classes, const std::string& arch) {
  if (genotype.class_ids == classes.ids) return;
  const auto [ours, theirs] =
      std::mismatch(genotype.class_ids.begin(), genotype.class_ids.end(), classes.ids.begin(), classes.ids.end());
  const std::string place = std::to_string(ours - genotype.class_ids.begin());
  const bool keypoints = genotype.network.has_heat_maps();
  throw DataError(arch + " has " + std::to_string(genotype.class_ids.size()) +
                  (keypoints ? " key-points" : " classes") + ", the dataset has " + std::to_string(classes.ids.size()) +
                  (keypoints ? "; key-point " : "; class ") + place + " is '" +
                  (ours == genotype.class_ids.end() ? "" : *ours) + "' in the network, '" +
                  (theirs == classes.ids.end() ? "" : *theirs) +
                  "' in the dataset. Give the dataset that the network was trained on");
}

}  // namespace danas
