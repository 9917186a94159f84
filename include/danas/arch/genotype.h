// A network that a search found, self-contained: what it is, the classes it distinguishes, where it came from
// (best.json).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "danas/arch/space.h"
#include "danas/core/json.h"

namespace danas {

struct Genotype {
  static constexpr int kFormatVersion = 1;

  SearchSpace network;                    // one candidate in every layer
  std::vector<std::string> class_ids;     // the dataset's own ids, in its order
  std::vector<std::string> class_labels;  // what is shown for each
  Json origin = Json::object();           // config of the search, seed, dataset's fingerprint, cost, danas version
};

Json ToJson(const Genotype& genotype);

// Throws ConfigError: not JSON, cut short, a newer format version, several candidates in a layer.
Genotype ReadGenotype(const std::filesystem::path& path);
Genotype GenotypeFromJson(const Json& json, const std::string& where);

}  // namespace danas
