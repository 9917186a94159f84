#include "search_planning.h"

#include <algorithm>
#include <iostream>
#include <optional>

#include "ask.h"
#include "danas/config/shipped.h"
#include "danas/core/error.h"
#include "danas/core/log.h"
#include "danas/cost/gpu_constants.h"
#include "danas/data/person_groups.h"
#include "danas/data/subset.h"
#include "danas/easiness/class_schedule.h"
#include "danas/report/plan_text.h"
#include "danas/report/prediction_text.h"
#include "danas/search/make_plan.h"
#include "danas/tasks/make_task.h"
#include "difficulty_file.h"
#include "inputs.h"
#include "latency_phase.h"

namespace danas {
namespace {

SearchSpace ReadSpace(const Config& config, int classes) {
  const LoadedSpace loaded = LoadSpaceOf(config, classes);
  for (const std::string& note : loaded.notes) log::info("{}", note);
  return loaded.space;
}

std::optional<StepTimes> TimesIf(bool probe, const Config& config, const SearchSpace& space, const CostModel& cost,
                                 at::Device device) {
  if (!probe) return std::nullopt;
  return ProbeStepTimes(config, space, cost, device);
}

struct PlannedInputs {
  SearchSpace space;
  std::shared_ptr<const CostModel> cost;
  ClassCounts counts;
};

// The number of classes of a format that fixes it; 0 if it depends on the files.
int ClassesOf(DataFormat format) {
  if (format == DataFormat::kCifar10) return 10;
  return format == DataFormat::kCifar100 ? 100 : 0;
}

// Of so many persons, those that each group adds to the ones before.
std::vector<int64_t> InGroups(int64_t images, const std::vector<double>& shares) {
  std::vector<int64_t> groups;
  int64_t before = 0;
  for (const int64_t count : PersonsInShares(shares, images)) {
    groups.push_back(count - before);
    before = count;
  }
  return groups;
}

// Persons are of one class. How many of them are in the images held out is not known: here as if each had one of its
// own.
ClassCounts CountsOf(const Config& config, const SearchSpace& space, int64_t images) {
  if (config.task == TaskKind::kClassification) return EvenCounts(images, space.classes(), config.data);
  DataConfig data = config.data;
  if (data.validation_images > 0) {
    data.validation_fraction = std::min(0.9, static_cast<double>(data.validation_images) / static_cast<double>(images));
  }
  const ClassCounts all = EvenCounts(images, 1, data);
  if (config.schedule.difficulty.empty()) return all;
  const std::vector<double> shares = GroupShares(config.schedule);
  return {.weights = InGroups(all.weights.front(), shares), .architecture = InGroups(all.architecture.front(), shares)};
}

GpuGroup GpusOf(const SearchOptions& options) {
  GpuGroup gpus = ParseGpuGroup(options.predict);
  for (const std::string& change : options.predict_sets) ChangeConstant(gpus.gpu, change);
  return gpus;
}

// Values are made first, as in ReadInputs(). Without a dataset's folder the plan knows neither images nor steps, unless
// --images gives their number; classes are the format's or the space file's.
PlannedInputs InputsWithoutData(const Config& config, const SearchOptions& options) {
  const SearchSpace space = ReadSpace(config, ClassesOf(config.data.format));
  std::shared_ptr<const CostModel> cost = MakeCostModel(config.search);
  ClassCounts counts;
  if (options.images > 0) counts = CountsOf(config, space, options.images);
  return {.space = space, .cost = std::move(cost), .counts = std::move(counts)};
}

PlannedInputs InputsOf(const SearchInputs& inputs) {
  const Config& config = inputs.config;
  const Split split = SplitTrainingSet(inputs.training_set, config.data, config.seed);
  ClassCounts counts = CountImages(split, inputs.ranking.Positions(inputs.training_set->classes.ids));
  return {.space = inputs.space, .cost = inputs.cost, .counts = std::move(counts)};
}

bool PlansWithData(const Config& config, const SearchOptions& options) {
  return config.data.NamesDataset() && options.images == 0;
}

// On every rank.
std::string DifficultyOfPlan(const Config& config, const SearchOptions& options, const Ranks& ranks) {
  return PlansWithData(config, options) ? ReadDifficulty(config, {}, ranks) : "";
}

PlannedInputs InputsOfPlan(const Config& config, const SearchOptions& options, const std::string& difficulty,
                           at::Device device, const Ranks& ranks) {
  const bool with_data = PlansWithData(config, options);
  if (RanksFirst(config)) {
    log::info("schedule.ranking 'auto': the order of the classes is not known yet; the plan assumes {}",
              with_data ? "the dataset's order" : "an arbitrary order");
  }
  if (!with_data) return InputsWithoutData(config, options);
  const SearchImages images = InOrder(OpenImages(config), config, difficulty);
  if (images.ranking) log::info("{}", GroupsText(images.set, config));
  return InputsOf(ReadInputs(config, images, device, ranks, nullptr));
}

void RefuseUnmeasured(const Config& config) {
  if (!MeasuresTable(config.search)) return;
  throw UsageError(
      "--dry-run: search.latency_table 'measure' measures when the search begins, and a plan depends on the table. "
      "Measure one with danas latency, and name its file in search.latency_table");
}

void WarnOfMissingImages(const Config& config, const SearchOptions& options) {
  if (config.data.NamesDataset() || options.images > 0) return;
  log::warn("no dataset is specified: images and steps are unknown. Give its folder with --data, or --images N");
}

}  // namespace

bool RanksFirst(const Config& config) { return config.schedule.ranking == "auto"; }

std::shared_ptr<const DatasetIndex> OpenImages(const Config& config) {
  return std::make_shared<const DatasetIndex>(OpenTrainingSet(config.data));
}

SearchImages InOrder(const std::shared_ptr<const DatasetIndex>& training_set, const Config& config,
                     const std::string& difficulty) {
  if (difficulty.empty()) return {.set = training_set, .ranking = {}};
  GroupedPersons grouped = GroupsOf(training_set, config, difficulty);
  return {.set = std::move(grouped.set), .ranking = std::move(grouped.ranking)};
}

SearchInputs ReadInputs(const Config& config, const SearchImages& images, at::Device device, const Ranks& ranks,
                        const RunFolder* folder) {
  // Made first: g++ 12 frees members twice if a later one's initializer throws inside the braces.
  const SearchSpace space = ReadSpace(config, static_cast<int>(images.set->outputs().ids.size()));
  // So that a plan, too, refuses what does not fit.
  MakeTask(config)->Frames(*images.set, ImageUse::kTrain, space.input_channels());
  std::shared_ptr<const CostModel> cost = MeasuresTable(config.search)
                                              ? MeasureRunTable(config, space, device, ranks, folder)
                                              : MakeCostModel(config.search);
  ScheduleConfig schedule = config.schedule;
  if (RanksFirst(config)) schedule.ranking = "listed";
  EasinessRanking ranking = images.ranking
                                ? *images.ranking
                                : MakeRanking(schedule, config.seed, images.set->classes.ids, images.set->fingerprint);
  return {.config = config,
          .space = space,
          .cost = std::move(cost),
          .training_set = images.set,
          .ranking = std::move(ranking),
          .device = device,
          .ranks = ranks};
}

SearchPlan MakePlan(const SearchInputs& inputs, bool probe) {
  const Config& config = inputs.config;
  return MakeSearchPlan(config, inputs.space, *inputs.cost, InputsOf(inputs).counts, inputs.device,
                        TimesIf(probe, config, inputs.space, *inputs.cost, inputs.device), inputs.ranks.count());
}

EasinessPlan PlanRanking(const Config& config, const SearchOptions& options, at::Device device, const Ranks& ranks) {
  if (options.config.config.empty()) {
    throw UsageError("schedule.ranking 'auto' requires --config, so that classes are ranked on the search's images");
  }
  EasinessRequest request{.config = options.config, .plan = options.plan};
  request.config.config = FindShippedFile("", options.config.config).string();  // looked up once
  return PlanEasiness(config, request, device, ranks);
}

int PrintPlan(const Config& config, const SearchOptions& options, at::Device device, const Ranks& ranks) {
  RefuseUnmeasured(config);
  if (RanksFirst(config) && PlansWithData(config, options)) {
    const EasinessPlan ranking = PlanRanking(config, options, device, ranks);
    if (!options.json) std::cout << ranking.text << "\n";
  }
  const std::string difficulty = DifficultyOfPlan(config, options, ranks);
  if (!ranks.first()) return 0;
  const auto& [space, cost, counts] = InputsOfPlan(config, options, difficulty, device, ranks);
  const SearchPlan plan = MakeSearchPlan(config, space, *cost, counts, device,
                                         TimesIf(options.plan.probe, config, space, *cost, device), ranks.count());
  std::cout << (options.json ? JsonText(PlanJson(plan), 2) + "\n" : PlanText(plan));
  WarnOfMissingImages(config, options);
  return 0;
}

int PrintPrediction(const Config& config, const SearchOptions& options, const Ranks& ranks) {
  const GpuGroup gpus = GpusOf(options);
  RefuseUnmeasured(config);
  const std::string difficulty = DifficultyOfPlan(config, options, ranks);
  if (!ranks.first()) return 0;
  if (RanksFirst(config)) log::info("schedule.ranking 'auto': the ranking's own trainings are not predicted");
  const auto& [space, cost, counts] = InputsOfPlan(config, options, difficulty, at::kCPU, ranks);
  const SearchPlan plan = MakePlanFor(gpus, config, space, *cost, counts);
  const PredictedSearch predicted = PredictSearch(gpus, config, space, plan);
  if (options.json) {
    Json json = PlanJson(plan);
    json["prediction"] = PredictionJson(predicted, plan.memory_bytes());
    std::cout << JsonText(json, 2) << "\n";
  } else {
    std::cout << PlanText(plan) << "\n" << PredictionText(predicted, plan.memory_bytes());
  }
  WarnOfMissingImages(config, options);
  return 0;
}

void AskBeforeSearch(const Config& config, const PlanOptions& options, double seconds, const Ranks& ranks) {
  AskBefore({.seconds = seconds,
             .ask_above = config.runtime.ask_above,
             .yes = options.yes,
             .ranks = ranks.count(),
             .shorter = "fewer epochs (--set schedule.epochs_per_step=N), fewer images (--set "
                        "data.search_images_per_class=N), smaller ones (--set data.image_size=N), single paths (--set "
                        "search.preset=robust), a GPU (--device cuda)"});
}

}  // namespace danas
