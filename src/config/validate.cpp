#include "validate.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <utility>

#include "danas/config/config_file.h"
#include "danas/core/error.h"
#include "loss_parameters.h"
#include "range.h"

namespace danas {
namespace {

class Checker {
 public:
  explicit Checker(const std::string& name) : name_(name) {}

  void Require(bool holds, const std::string& key, const std::string& message) const {
    if (!holds) throw ConfigError(name_ + ": " + key + ": " + message);
  }

 private:
  const std::string& name_;
};

// How far two limits are from leaving a network.
std::string Apart(double above, double below) {
  return " by " + NumberText(above - below) + ": the two exclude each other; ";
}

bool IsWhole(double value) { return value == std::trunc(value); }

void CheckRuntime(const Checker& check, const RuntimeConfig& runtime) {
  const std::string& device = runtime.device;
  const bool numbered = device.starts_with("cuda:") && device.size() > 5 && device.size() < 9 &&
                        device.find_first_not_of("0123456789", 5) == std::string::npos;
  check.Require(device == "auto" || device == "cpu" || device == "cuda" || numbered, "runtime.device",
                "found '" + device + "', expected auto, cpu, cuda or cuda:N");
  check.Require(runtime.precision == Precision::kFloat32 || runtime.amp == AmpKind::kNone, "runtime.precision",
                "float64 and mixed precision (runtime.amp) exclude each other");
}

void CheckClassification(const Checker& check, const DataConfig& data) {
  const AugmentConfig& augment = data.augment;
  check.Require(augment.scale[0] <= augment.scale[1], "data.augment.scale",
                "the smallest fraction is above the largest");
  check.Require(augment.ratio[0] <= augment.ratio[1], "data.augment.ratio", "the smallest ratio is above the largest");
  check.Require(data.test_resize >= data.image_size, "data.test_resize",
                std::to_string(data.test_resize) + " is below data.image_size (" + std::to_string(data.image_size) +
                    "); the centre crop would exceed the image");
  check.Require(data.image_width == 0, "data.image_width",
                std::to_string(data.image_width) + ", but only task 'keypoints' has images that are not square");
}

void CheckGroups(const Checker& check, const std::vector<double>& groups, double channels, const std::string& key) {
  for (const double count : groups) {
    check.Require(IsWhole(count) && std::fmod(channels, count) == 0, key,
                  NumberText(count) + " groups do not divide keypoints.head.channels (" + NumberText(channels) + ")");
  }
}

void CheckKeypoints(const Checker& check, const KeypointsConfig& keypoints) {
  const KeypointHeadConfig& head = keypoints.head;
  const auto channels = static_cast<double>(head.channels);
  check.Require(!head.groups.empty(), "keypoints.head.groups", "empty; expected at least one number of groups");
  CheckGroups(check, head.groups, channels, "keypoints.head.groups");
  CheckGroups(check, head.fixed, channels, "keypoints.head.fixed");
  check.Require(head.fixed.empty() || std::ssize(head.fixed) == head.layers, "keypoints.head.fixed",
                std::to_string(head.fixed.size()) + " numbers for " + std::to_string(head.layers) +
                    " layers (keypoints.head.layers); give one for each");
  check.Require(head.kernel % 2 == 0, "keypoints.head.kernel", std::to_string(head.kernel) + " is odd");
}

void CheckValidation(const Checker& check, const DataConfig& data) {
  check.Require(data.validation_per_class > 0 || data.validation_fraction > 0, "data.validation_per_class",
                "this and data.validation_fraction are both 0; the architecture weights need validation images");
}

void CheckSchedule(const Checker& check, const ScheduleConfig& schedule) {
  const std::vector<double>& classes = schedule.classes;
  check.Require(classes.size() >= 2, "schedule.classes",
                "expected one entry for warm-up and one for each schedule step, at least 2 in all");
  check.Require(std::is_sorted(classes.begin(), classes.end()), "schedule.classes", "the number of classes decreases");
  if (classes.back() > 1) {
    for (const double count : classes) {
      check.Require(IsWhole(count) && count >= 2, "schedule.classes",
                    NumberText(count) +
                        " is not a number of classes; if an entry is above 1, all are counts of at least 2 (with one "
                        "class the cross-entropy is 0 and nothing is learnt)");
    }
  }
  check.Require(!schedule.ranking.empty(), "schedule.ranking", "empty; expected a file, 'auto', 'random' or 'listed'");
  check.Require(schedule.class_order.empty() || schedule.ranking == "listed", "schedule.class_order",
                "applies only with schedule.ranking 'listed'; found '" + schedule.ranking + "'");
  std::set<std::string> seen;
  for (const std::string& id : schedule.class_order) {
    check.Require(seen.insert(id).second, "schedule.class_order", "class '" + id + "' is listed twice");
  }
}

// Persons have no classes: what is let in step by step are fractions of them.
void CheckDifficulty(const Checker& check, const Config& config) {
  const ScheduleConfig& schedule = config.schedule;
  if (schedule.difficulty.empty()) return;
  check.Require(config.task == TaskKind::kKeypoints, "schedule.difficulty",
                "orders persons with key-points, but the task is classification; name a file of classes from easy to "
                "hard in schedule.ranking instead");
  for (const double share : schedule.classes) {
    check.Require(share <= 1, "schedule.classes",
                  NumberText(share) + " is above 1; with schedule.difficulty entries are fractions of the persons");
  }
  check.Require(schedule.classes.back() == 1, "schedule.classes",
                "the last entry is " + NumberText(schedule.classes.back()) +
                    "; with schedule.difficulty it must be 1, so that the search ends with all persons");
  check.Require(schedule.classes.front() < 1, "schedule.classes",
                "every phase has all persons, so that schedule.difficulty would change nothing; set for example "
                "[0.25, 0.5, 0.75, 1], or leave schedule.difficulty out");
}

void CheckEasiness(const Checker& check, const EasinessConfig& easiness) {
  check.Require(!easiness.models.empty(), "easiness.models", "empty; expected at least one network");
  std::set<std::string> seen;
  for (const std::string& model : easiness.models) {
    const std::string name = model.substr(0, model.find('='));  // NAME=FILE: the file is not part of the name
    check.Require(seen.insert(name).second, "easiness.models", "'" + name + "' is listed twice");
  }
  check.Require(!easiness.networks.empty(), "easiness.networks", "empty; expected a folder");
}

void CheckBudgets(const Checker& check, const SearchConfig& search) {
  const std::vector<Count>& budgets = search.budgets;
  if (budgets.empty()) return;
  for (size_t b = 1; b < budgets.size(); ++b) {
    check.Require(budgets[b - 1].value < budgets[b].value, "search.budgets",
                  NumberText(budgets[b].value) + " follows " + NumberText(budgets[b - 1].value) +
                      "; expected each budget above the one before");
  }
  for (const auto& [bound, key] : {std::pair(search.budget_min.value, "search.budget_min"),
                                   std::pair(search.budget_max.value, "search.budget_max")}) {
    check.Require(bound == 0, key,
                  NumberText(bound) +
                      ", but search.budgets is set, and the band of each of its budgets T is [0.95 T, 1.02 T]. Leave "
                      "out search.budget_min and search.budget_max, or set search.budget instead");
  }
}

// A number that the chosen loss does not have would be ignored.
void CheckLoss(const Checker& check, CostLossConfig loss) {
  for (const LossParameter& parameter : LossParameters()) {
    check.Require(parameter.kind == loss.kind || parameter.in(loss) == parameter.Default(), parameter.Key(),
                  std::string("applies only with search.loss.kind '") + NameOf(parameter.kind) + "'; found '" +
                      NameOf(loss.kind) + "'");
  }
}

// α that nothing trains stays where it begins, with all candidates alike.
void CheckWeightPaths(const Checker& check, const SearchConfig& search) {
  const bool by_alpha = search.paths == WeightPathKind::kSoftmax || search.paths == WeightPathKind::kBinarised;
  check.Require(!by_alpha || search.learner != LearnerKind::kNone, "search.paths",
                std::string("'") + NameOf(search.paths) +
                    "' follows α, which search.learner 'none' does not train; use 'uniform', or a learner that does");
}

void CheckSearch(const Checker& check, const SearchConfig& search) {
  CheckBudgets(check, search);
  CheckLoss(check, search.loss);
  CheckWeightPaths(check, search);
  check.Require(search.budget_max.value == 0 || search.budget_max.value >= search.budget.value, "search.budget_max",
                NumberText(search.budget_max.value) + " is below search.budget (" + NumberText(search.budget.value) +
                    ")" + Apart(search.budget.value, search.budget_max.value) +
                    "raise search.budget_max or lower search.budget");
  check.Require(search.budget_min.value <= search.budget.value, "search.budget_min",
                NumberText(search.budget_min.value) + " is above search.budget (" + NumberText(search.budget.value) +
                    ")" + Apart(search.budget_min.value, search.budget.value) +
                    "lower search.budget_min or raise search.budget");
  const bool evolves = search.final_source == FinalSource::kAuto || search.final_source == FinalSource::kEvolution;
  const int64_t scored =
      std::max(search.final_networks, evolves ? search.evolution.generations * search.evolution.population : 0);
  const bool fits_pairs = search.final == FinalChoiceKind::kScored && search.final_effects == FinalEffects::kPairs;
  check.Require(!fits_pairs || scored <= kMostNetworksWithPairs, "search.final_effects",
                "'pairs' is fitted to at most " + std::to_string(kMostNetworksWithPairs) +
                    " networks, but search.final_networks or search.evolution may score " + std::to_string(scored) +
                    "; lower them, or use 'main'");
  const bool latency = search.cost == CostKind::kLatency;
  check.Require(!latency || !search.latency_table.empty(), "search.latency_table",
                "search.cost 'latency' requires a table");
  check.Require(latency || search.latency_table.empty(), "search.latency_table",
                std::string("applies only with search.cost 'latency'; found '") + NameOf(search.cost) + "'");
}

// What reads α finds it at its start, where all candidates are alike.
void CheckNoLearner(const Checker& check, const SearchConfig& search) {
  if (search.learner != LearnerKind::kNone) return;
  const std::string never = " reads α, which search.learner 'none' never trains; ";
  const std::string strategy =
      search.strategy == SearchStrategy::kDanas
          ? ""
          : std::string(", as search.strategy '") + NameOf(search.strategy) + "' does unless the config sets that key";
  check.Require(
      search.pruning.ratio == 0 || search.pruning.score != PruningScore::kAlpha, "search.pruning.score",
      "'alpha'" + never + "use 'perturbation' or 'paths', or prune nothing with search.pruning.ratio: 0" + strategy);
  check.Require(search.final == FinalChoiceKind::kScored, "search.final",
                std::string("'") + NameOf(search.final) + "'" + never + "use 'scored'");
  check.Require(search.final_source != FinalSource::kBest, "search.final_source",
                "'best'" + never + "use 'auto', 'evolution' or 'random'");
}

// A setting of the relaxation that neither the weights' paths nor the learner of α looks at would be ignored.
void CheckRelaxation(const Checker& check, const SearchConfig& search) {
  const RelaxationConfig &relaxation = search.relaxation, standard;
  const bool gumbel = search.learner == LearnerKind::kGumbel, gumbel_paths = search.paths == WeightPathKind::kGumbel;
  const std::string learner = NameOf(search.learner);
  const auto applies = [&](bool holds, const std::string& key, const std::string& with, const std::string& found) {
    check.Require(holds, "search.relaxation." + key, "applies only with " + with + "; found " + found);
  };
  const std::string both = "'" + std::string(NameOf(search.paths)) + "' and '" + learner + "'";
  applies(!relaxation.hard || gumbel || gumbel_paths, "hard", "search.paths 'gumbel' or search.learner 'gumbel'", both);
  applies(relaxation.hard_alpha == standard.hard_alpha || gumbel, "hard_alpha", "search.learner 'gumbel'",
          "'" + learner + "'");
  const bool tempered =
      gumbel || gumbel_paths || search.learner == LearnerKind::kSoftmax || search.paths == WeightPathKind::kSoftmax;
  for (const auto& [set, key] :
       {std::pair(relaxation.temperature != standard.temperature, "temperature"),
        std::pair(relaxation.temperature_end != standard.temperature_end, "temperature_end")}) {
    applies(!set || tempered, key, "search.paths or search.learner 'gumbel' or 'softmax'", both);
  }
  applies(relaxation.expected_cost == standard.expected_cost || search.learner != LearnerKind::kNone, "expected_cost",
          "a search.learner", "'" + learner + "'");
  const bool two = search.learner == LearnerKind::kProxyless && search.proxyless_gates == ProxylessGates::kTwo;
  const bool draws = gumbel || (search.learner == LearnerKind::kProxyless && !two);
  check.Require(relaxation.draws == RelaxationDraws::kBatch || draws, "search.relaxation.draws",
                "'micro_batch' applies only with search.learner 'gumbel', or 'proxyless' with search.proxyless_gates "
                "'full'; found '" +
                    learner + "'" + (two ? " with 'two'" : ""));
}

void CheckLearner(const Checker& check, const Config& config) {
  const SearchConfig& search = config.search;
  CheckNoLearner(check, search);
  CheckRelaxation(check, search);
  check.Require(search.learner == LearnerKind::kProxyless || search.proxyless_gates == SearchConfig().proxyless_gates,
                "search.proxyless_gates",
                std::string("applies only with search.learner 'proxyless'; found '") + NameOf(search.learner) + "'");
  const bool two = search.learner == LearnerKind::kProxyless && search.proxyless_gates == ProxylessGates::kTwo;
  check.Require(!two || config.ranks.draws == DrawChoice::kShared, "ranks.draws",
                "'own' and search.proxyless_gates 'two' exclude each other: the two candidates whose α a step moves "
                "must be the same in all processes. Use 'shared', or search.proxyless_gates: full");
}

void CheckAlphaBatch(const Checker& check, const Config& config) {
  const int64_t batch = config.search.alpha_batch, micro = config.search.alpha_micro_batch;
  check.Require(batch != 1, "search.alpha_batch",
                "batch norm has no variance with one image; expected 0 or at least 2");
  check.Require(micro != 1, "search.alpha_micro_batch",
                "batch norm has no variance with one image; expected 0 or at least 2");
  const TrainConfig recipe = AlphaRecipe(config);
  check.Require(micro <= recipe.batch, "search.alpha_micro_batch",
                std::to_string(micro) + " is above " + (batch > 0 ? "search.alpha_batch" : "train.batch") + " (" +
                    std::to_string(recipe.batch) + ")");
  check.Require(batch == 0 || 2 * recipe.bn_groups <= batch, "search.alpha_batch",
                std::to_string(batch) + " is too small for the " + std::to_string(recipe.bn_groups) +
                    " groups of train.bn_groups, which need two images each");
  check.Require(micro == 0 || 2 * recipe.bn_groups <= micro, "search.alpha_micro_batch",
                std::to_string(micro) + " is too small for the " + std::to_string(recipe.bn_groups) +
                    " groups of train.bn_groups, which need two images each");
  check.Require(config.search.relaxation.draws == RelaxationDraws::kBatch || recipe.micro_batch > 0,
                "search.relaxation.draws",
                "'micro_batch' needs micro-batches: set search.alpha_micro_batch or train.micro_batch");
}

// What contradicts itself in a recipe, whatever its numbers of images, rates and epochs.
void CheckRecipeChoices(const Checker& check, const TrainConfig& train, const std::string& section) {
  check.Require(train.micro_batch != 1, section + ".micro_batch",
                "batch norm has no variance with one image; expected 0 or at least 2");
  check.Require(train.bn_groups == 1 || !train.sync_bn, section + ".bn_groups",
                "above 1 and " + section + ".sync_bn exclude each other");
  check.Require(!train.nesterov || train.momentum > 0, section + ".nesterov", "needs " + section + ".momentum above 0");
}

void CheckTrain(const Checker& check, const TrainConfig& train, int64_t epochs, const std::string& section) {
  CheckRecipeChoices(check, train, section);
  check.Require(
      train.micro_batch <= train.batch, section + ".micro_batch",
      std::to_string(train.micro_batch) + " is above " + section + ".batch (" + std::to_string(train.batch) + ")");
  check.Require(2 * train.bn_groups <= train.batch, section + ".bn_groups",
                std::to_string(train.bn_groups) + " groups need two images each; " + section + ".batch is " +
                    std::to_string(train.batch));
  check.Require(train.micro_batch == 0 || 2 * train.bn_groups <= train.micro_batch, section + ".bn_groups",
                std::to_string(train.bn_groups) + " groups need two images each; " + section + ".micro_batch is " +
                    std::to_string(train.micro_batch));
  check.Require(train.lr_min <= train.lr, section + ".lr_min",
                NumberText(train.lr_min) + " is above " + section + ".lr (" + NumberText(train.lr) + ")");
  check.Require(
      train.lr_warmup_epochs <= static_cast<double>(epochs), section + ".lr_warmup_epochs",
      NumberText(train.lr_warmup_epochs) + " is more than the " + std::to_string(epochs) + " epochs there are");
}

}  // namespace

void Validate(const Config& config, const std::string& name) {
  const Checker check(name);
  check.Require(!config.space.empty(), "space", "empty; expected a shipped search space or a file");
  CheckRuntime(check, config.runtime);
  if (config.task == TaskKind::kClassification) CheckClassification(check, config.data);
  if (config.task == TaskKind::kKeypoints) {
    CheckKeypoints(check, config.keypoints);
    check.Require(config.schedule.ranking != "auto", "schedule.ranking",
                  "'auto' ranks classes by classifiers, and with task 'keypoints' there is one class; set 'listed'");
  }
  CheckValidation(check, config.data);
  CheckEasiness(check, config.easiness);
  CheckSchedule(check, config.schedule);
  CheckDifficulty(check, config);
  CheckSearch(check, config.search);
  CheckLearner(check, config);
  CheckAlphaBatch(check, config);
  const auto steps = static_cast<int64_t>(config.schedule.classes.size() - 1);
  const int64_t search_epochs = config.schedule.warmup_epochs + steps * config.schedule.epochs_per_step;
  CheckTrain(check, config.train, search_epochs, "train");
  CheckTrain(check, config.finetune.train, config.finetune.epochs, "finetune.train");
}

void ValidateWritten(const Config& config, const std::string& name) {
  Validate(config, name);
  CheckRecipeChoices(Checker(name), config.zoo.train, "zoo.train");
}

void ValidateZoo(const Config& config, const std::string& name) {
  CheckTrain(Checker(name), config.zoo.train, config.zoo.epochs, "zoo.train");
}

}  // namespace danas
