// How many of the easiest classes are learnt in warm-up and in each schedule step: delta of Algorithm 1, section 5.1.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "danas/config/data_config.h"

namespace danas {

struct Phase {
  std::string name;  // "warmup", "step1", ...
  int classes = 0;   // the first so many of the ranking
  int64_t epochs = 0;
  bool searches = false;  // architecture passes, and pruning at its end
};

// Warm-up and one phase for each further entry of schedule.classes; without warm-up where warmup_epochs is 0.
// Counts, or shares f of all classes as max(least, round(f * classes)). Throws ConfigError for delta below `least`
// (with one class the cross-entropy is 0 and nothing is learnt), above the number of classes, or falling. Ending below
// all classes is allowed: "Small" of Table 4 stays with the easiest.
std::vector<Phase> MakePhases(const ScheduleConfig& config, int classes, int least = 2);

// With schedule.difficulty, groups of persons stand in the place of classes: what comes in where schedule.classes
// rises. The share of all persons who are in the first groups, for each number of them: [0.25, 0.25, 1] has the two
// {0.25, 1}.
std::vector<double> GroupShares(const ScheduleConfig& config);

// The same phases for these groups: a Phase's `classes` are the first so many groups. Throws as MakePhases() does.
std::vector<Phase> MakeGroupPhases(const ScheduleConfig& config);

// Of `persons` persons, how many are in the first groups: round(share * persons), one at least.
std::vector<int64_t> PersonsInShares(const std::vector<double>& shares, int64_t persons);

}  // namespace danas
