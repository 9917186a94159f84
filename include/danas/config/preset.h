// Named settings of a search (search.preset and, above it, search.strategy): they stand below everything that a config
// or --set writes.
#pragma once

#include <string>
#include <vector>

#include "danas/config/config.h"

namespace danas {

// "search.paths=fair", as after --set; none for SearchPreset::kNone.
const std::vector<std::string>& PresetSettings(SearchPreset preset);

// The same of a published method: which paths train the weights, how α learns, how the network is chosen
// (docs/strategies.md); none for SearchStrategy::kDanas. Numbers and where they come from stand in preset.cpp.
const std::vector<std::string>& StrategySettings(SearchStrategy strategy);

// What to read below a config that names both, in this order: a strategy's values stand above those of a preset.
std::vector<std::string> NamedSettings(SearchPreset preset, SearchStrategy strategy);

// One key that a preset or a strategy stands for. Values as JSON.
struct NamedValue {
  std::string name;  // "search.preset robust"
  std::string key;
  std::string named;
  std::string in_config;  // another one where the config or --set writes it, or a strategy stands above the preset
};

// Of config.search.preset, in the preset's order; of config.search.strategy, in the strategy's.
std::vector<NamedValue> PresetValues(const Config& config);
std::vector<NamedValue> StrategyValues(const Config& config);

}  // namespace danas
