#include "danas/easiness/class_schedule.h"

#include <algorithm>
#include <cmath>

#include "danas/core/error.h"

namespace danas {
namespace {

// The number of classes that entry `value` of schedule.classes stands for.
int CountOf(double value, bool is_share, int classes, int least) {
  const std::string where = "schedule.classes: " + std::to_string(value);
  if (is_share) return std::max(least, static_cast<int>(std::llround(value * classes)));
  if (value != std::floor(value)) {
    throw ConfigError(where + " is neither a whole number of classes nor a fraction: fractions are all at most 1");
  }
  if (value < least) {
    throw ConfigError("schedule.classes: " + std::to_string(static_cast<int>(value)) +
                      " class: with fewer than 2 the cross-entropy is 0 and nothing is learnt");
  }
  if (value > classes) {
    throw ConfigError("schedule.classes: " + std::to_string(std::llround(value)) + " is more than the dataset's " +
                      std::to_string(classes) + " classes");
  }
  return static_cast<int>(value);
}

}  // namespace

std::vector<Phase> MakePhases(const ScheduleConfig& config, int classes, int least) {
  if (classes < least) {
    throw ConfigError("the dataset has " + std::to_string(classes) +
                      " class; with fewer than 2 the cross-entropy is 0 and nothing is learnt");
  }
  if (config.classes.size() < 2) {
    throw ConfigError(
        "schedule.classes: at least two numbers are needed, for the warm-up and for one schedule step; found " +
        std::to_string(config.classes.size()));
  }
  const bool shares = *std::max_element(config.classes.begin(), config.classes.end()) <= 1;
  std::vector<Phase> phases;
  int before = 0;
  for (size_t i = 0; i < config.classes.size(); ++i) {
    Phase phase;
    phase.name = i == 0 ? "warmup" : "step" + std::to_string(i);
    phase.classes = CountOf(config.classes[i], shares, classes, least);
    phase.epochs = i == 0 ? config.warmup_epochs : config.epochs_per_step;
    phase.searches = i > 0;
    if (phase.classes < before) {
      throw ConfigError("schedule.classes decreases from " + std::to_string(before) + " to " +
                        std::to_string(phase.classes) + " classes; each step keeps the classes before it");
    }
    before = phase.classes;
    if (phase.epochs > 0) phases.push_back(phase);
  }
  return phases;
}

std::vector<double> GroupShares(const ScheduleConfig& config) {
  std::vector<double> shares = config.classes;
  shares.erase(std::unique(shares.begin(), shares.end()), shares.end());
  return shares;
}

std::vector<Phase> MakeGroupPhases(const ScheduleConfig& config) {
  const std::vector<double> shares = GroupShares(config);
  ScheduleConfig of_groups = config;
  for (double& entry : of_groups.classes) {
    entry = static_cast<double>(std::ranges::find(shares, entry) - shares.begin() + 1);
  }
  return MakePhases(of_groups, static_cast<int>(shares.size()), /*least=*/1);
}

std::vector<int64_t> PersonsInShares(const std::vector<double>& shares, int64_t persons) {
  std::vector<int64_t> counts;
  for (const double share : shares) {
    counts.push_back(std::max<int64_t>(1, std::llround(share * static_cast<double>(persons))));
  }
  return counts;
}

}  // namespace danas
