// Classes from easy to hard (section 4, Eq. 1-3).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "danas/config/data_config.h"

namespace danas {

struct EasinessRanking {
  std::string source;              // "random(seed 3)", "listed", a file's path
  std::vector<std::string> order;  // class ids, easiest first; every class once
};

// From config: ranking.json, random(seed), listed; reversed if asked. `class_ids` are the dataset's, in its order.
// Throws ConfigError naming a class that is missing, unknown or named twice.
EasinessRanking MakeRanking(const ScheduleConfig& config, int64_t seed, const std::vector<std::string>& class_ids);

}  // namespace danas
