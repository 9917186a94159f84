#include "arm_checks.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "danas/arch/config_space.h"
#include "danas/config/config_file.h"
#include "danas/core/error.h"
#include "danas/cost/band_count.h"
#include "danas/cost/cost_model.h"
#include "danas/cost/search_band.h"

namespace danas {
namespace {

constexpr int kLeastClasses = 2;

// The trials of the first seed: the others have the same settings.
std::vector<const StudyTrial*> FirstTrials(const StudyPlan& plan) {
  std::vector<const StudyTrial*> first;
  for (const StudyTrial& trial : plan.trials) {
    if (trial.seed == plan.trials.front().seed) first.push_back(&trial);
  }
  return first;
}

// What decides the results of an arm.
Json SettingsOf(const Study& study, const StudyArm& arm, const Config& config) {
  Json settings = ToJson(config), search = settings["search"];
  for (const char* name : {"preset", "strategy"}) search.erase(name);
  if (arm.random > 0) {  // nothing is searched
    Json drawn;
    for (const char* name : {"cost", "latency_table", "budget", "budget_min", "budget_max"}) drawn[name] = search[name];
    search = drawn;
    for (const char* name : {"schedule", "train"}) settings.erase(name);
    if (!study.outcome.truth.empty()) settings = {{"space", settings["space"]}};
  }
  settings["search"] = search;
  settings["arm"] = {arm.random, arm.near, arm.near.empty() ? 0 : arm.band_percent, arm.one_search};
  return settings;
}

// What decides a config's space.
std::string SpaceKey(const Config& config) {
  return Json{config.space, config.data.image_size, config.data.image_width, NameOf(config.task),
              ToJson(config)["keypoints"]["head"]}
      .dump();
}

// The costs of a space's networks with so many classes; 0: those of the space's file.
class CostTables {
 public:
  const CostTable& Of(const Config& config, int classes) {
    const SearchConfig& search = config.search;
    const auto key = std::tuple(SpaceKey(config), search.cost, search.latency_table, classes);
    auto known = tables_.find(key);
    if (known == tables_.end()) {
      const SearchSpace& space = SpaceOf(config);
      known =
          tables_.emplace(key, MakeCostTable(*MakeCostModel(search), classes > 0 ? space.WithClasses(classes) : space))
              .first;
    }
    return known->second;
  }

 private:
  const SearchSpace& SpaceOf(const Config& config) {
    const std::string key = SpaceKey(config);
    auto known = spaces_.find(key);
    if (known == spaces_.end()) {
      known = spaces_.emplace(key, LoadSpaceOf(config).space).first;
    }
    return known->second;
  }

  std::map<std::string, SearchSpace> spaces_;
  std::map<std::tuple<std::string, CostKind, std::string, int>, CostTable> tables_;
};

// None where it is known only with the dataset.
std::optional<int> KnownClasses(const Study& study, DataFormat format) {
  if (!study.outcome.truth.empty()) return 0;
  if (format == DataFormat::kCifar10) return 10;
  if (format == DataFormat::kCifar100) return 100;
  return std::nullopt;
}

// Whether networks below the band do not count.
bool NeedsWholeBand(const StudyArm& arm, const SearchConfig& search) {
  return arm.random > 0 || search.final == FinalChoiceKind::kScored || PathsKeepBand(search);
}

// Why no network meets the trial's budget; empty where one may.
std::string WhyOutOfReach(const Study& study, const StudyTrial& trial, CostTables& tables) {
  const Config& config = trial.config;
  const CostBand band = SearchBand(config.search);
  const std::optional<int> classes = KnownClasses(study, config.data.format);
  // A latency table knows the classifier of one number of classes.
  if (!classes && config.search.cost == CostKind::kLatency) return "";
  const CostTable& costs = tables.Of(config, classes.value_or(0));
  const std::string range = "networks of the space " + config.space + " cost " + CostText(costs.Least(), costs) +
                            " to " + CostText(costs.Most(), costs);
  const double least = classes ? costs.Least() : tables.Of(config, kLeastClasses).Least();
  if (least > band.high) {
    return "no network costs at most " + CostText(band.high, costs) + " (search.budget_max, or 1.02 times the budget " +
           CostText(config.search.budget.value, costs) + "): " + range + ", at least " +
           CostText(least - band.high, costs) + " more. Raise the budget or use another space";
  }
  if (!classes || !NeedsWholeBand(study.arms[trial.arm], config.search)) return "";
  if (costs.Most() < band.low) {
    return "no network costs at least " + CostText(band.low, costs) + " (search.budget_min, or 0.95 times the budget " +
           CostText(config.search.budget.value, costs) + "): " + range + ", at least " +
           CostText(band.low - costs.Most(), costs) +
           " less. Lower the budget or search.budget_min, or use another space";
  }
  // Costs of which the greatest counts are few, with gaps between them; those that add up are not counted exactly.
  // A search whose paths keep the band refuses it by the same count.
  if ((costs.fold == CostFold::kMax || PathsKeepBand(config.search)) && CountNetworks(costs, band) == 0) {
    return "no network costs " + CostText(band.low, costs) + " to " + CostText(band.high, costs) +
           " (search.budget_min and search.budget_max, or 0.95 and 1.02 times the budget " +
           CostText(config.search.budget.value, costs) + "): " + range + NearestLevelsText(costs, band.low, band.high) +
           ". Move the budget or widen the band";
  }
  return "";
}

}  // namespace

void CheckArmsDiffer(const Study& study, const StudyPlan& plan) {
  std::map<std::pair<std::optional<size_t>, std::string>, size_t> known;
  for (const StudyTrial* trial : FirstTrials(plan)) {
    const StudyArm& arm = study.arms[trial->arm];
    const auto [place, is_new] =
        known.emplace(std::pair(trial->budget, SettingsOf(study, arm, trial->config).dump()), trial->arm);
    if (is_new) continue;
    const auto [first, second] = std::minmax(place->second, trial->arm);
    throw ConfigError(study.file.string() + ": arms '" + study.arms[first].name + "' and '" + study.arms[second].name +
                      "' have the same settings, and would differ by nothing. Change a setting of one of them, or "
                      "leave it out; seeds repeat an arm");
  }
}

void CheckBudgetsInReach(const Study& study, const StudyPlan& plan) {
  CostTables tables;
  for (const StudyTrial* trial : FirstTrials(plan)) {
    if (trial->near) continue;
    const std::string arm = study.file.string() + ": arm '" + study.arms[trial->arm].name + "': ";
    std::string why;
    try {
      why = WhyOutOfReach(study, *trial, tables);
    } catch (const ConfigError& error) {
      throw ConfigError(arm + error.what());
    }
    if (!why.empty()) throw ConfigError(arm + why);
  }
}

}  // namespace danas
