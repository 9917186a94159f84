// Classes from easy to hard (section 4, Eq. 1-3).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "danas/config/data_config.h"

namespace danas {

struct EasinessRanking {
  std::string source;              // "random(seed 3)", "listed", a file's path; ", reversed" is added where it is
  std::vector<std::string> order;  // class ids, easiest first; every class once

  // Positions in `class_ids` in this order, as EasiestClasses() takes them. `class_ids` are those it was made for.
  std::vector<int> Positions(const std::vector<std::string>& class_ids) const;
};

// From config: ranking.json, random(seed), listed; reversed if asked. `class_ids` are the dataset's, in its order.
// "listed" without schedule.class_order is the dataset's own order.
// Throws ConfigError naming the classes that are missing, unknown or named twice, and for a file made for a training
// set of another fingerprint; FileError for one that cannot be read. 'auto' has been replaced by a file's path before.
EasinessRanking MakeRanking(const ScheduleConfig& config, int64_t seed, const std::vector<std::string>& class_ids,
                            uint64_t fingerprint);

}  // namespace danas
