// Named settings of a search (search.preset): they stand below everything that a config or --set writes.
#pragma once

#include <string>
#include <vector>

#include "danas/config/config.h"

namespace danas {

// "search.paths=fair", as after --set; none for SearchPreset::kNone.
const std::vector<std::string>& PresetSettings(SearchPreset preset);

// One key that a preset stands for. Values as JSON.
struct PresetValue {
  std::string key;
  std::string of_preset;
  std::string in_config;  // another one where the config or --set writes it
};

// Of config.search.preset, in the preset's order.
std::vector<PresetValue> PresetValues(const Config& config);

}  // namespace danas
