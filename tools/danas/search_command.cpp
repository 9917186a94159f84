// danas search: plans, runs Algorithm 1, leaves best.json.
#include <filesystem>
#include <iostream>

#include "commands.h"
#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "danas/core/log.h"
#include "danas/cost/cost_model.h"
#include "danas/data/subset.h"
#include "danas/nn/fused_layer.h"
#include "danas/report/plan_text.h"
#include "danas/search/search_loop.h"
#include "danas/search/search_plan.h"
#include "danas/train/device.h"
#include "inputs.h"
#include "run_reports.h"

namespace danas {
namespace {

SearchSpace ReadSpace(const Config& config, int classes) {
  const auto side = static_cast<int>(config.data.image_size);
  const LoadedSpace loaded = LoadSpace(config.space, {side, side}, classes);
  for (const std::string& note : loaded.notes) log::info("{}", note);
  return loaded.space;
}

SearchInputs ReadInputs(const Config& config) {
  const at::Device device = OpenDevice(config.runtime, config.seed);
  log::info("kernels: {}", DescribeKernels(config.nn.kernels, device));
  const auto training_set = std::make_shared<const DatasetIndex>(OpenTrainingSet(config.data));
  const ClassList& classes = training_set->classes;
  // Made first: g++ 12 frees members twice where a later one's initializer throws inside the braces.
  const SearchSpace space = ReadSpace(config, static_cast<int>(classes.ids.size()));
  std::shared_ptr<const CostModel> cost = MakeCostModel(config.search);
  EasinessRanking ranking = MakeRanking(config.schedule, config.seed, classes.ids, training_set->fingerprint);
  return {.config = config,
          .space = space,
          .cost = std::move(cost),
          .training_set = training_set,
          .ranking = std::move(ranking),
          .device = device};
}

std::optional<StepTimes> TimesIf(bool probe, const Config& config, const SearchSpace& space, const CostModel& cost,
                                 at::Device device) {
  if (!probe) return std::nullopt;
  return ProbeStepTimes(config, space, cost, device);
}

SearchPlan MakePlan(const SearchInputs& inputs, bool probe) {
  const Config& config = inputs.config;
  const Split split = SplitTrainingSet(inputs.training_set, config.data, config.seed);
  const ClassCounts counts = CountImages(split, inputs.ranking.Positions(inputs.training_set->classes.ids));
  return MakeSearchPlan(config, inputs.space, *inputs.cost, counts, inputs.device,
                        TimesIf(probe, config, inputs.space, *inputs.cost, inputs.device));
}

// The classes of a format that has a fixed number; 0 where only the files can tell.
int ClassesOf(DataFormat format) {
  if (format == DataFormat::kCifar10) return 10;
  return format == DataFormat::kCifar100 ? 100 : 0;
}

// Without a dataset's folder the plan knows neither images nor steps; classes are the format's or the space file's.
SearchPlan MakePlanWithoutData(const Config& config, bool probe) {
  const at::Device device = OpenDevice(config.runtime, config.seed);
  log::info("kernels: {}", DescribeKernels(config.nn.kernels, device));
  const SearchSpace space = ReadSpace(config, ClassesOf(config.data.format));
  const auto cost = MakeCostModel(config.search);
  return MakeSearchPlan(config, space, *cost, {}, device, TimesIf(probe, config, space, *cost, device));
}

bool NamesData(const DataConfig& data) { return !data.root.empty() || !data.train.empty(); }

int PrintPlan(const Config& config, const CommandLine& line) {
  const SearchPlan plan = NamesData(config.data) ? MakePlan(ReadInputs(config), line.probe)
                                                 : MakePlanWithoutData(config, line.probe);
  std::cout << (line.json ? JsonText(PlanJson(plan), 2) + "\n" : PlanText(plan));
  if (!NamesData(config.data)) log::warn("no dataset is named: images and steps are unknown. Give its folder with --data");
  return 0;
}

}  // namespace

int RunSearchCommand(const CommandLine& line) {
  const Config config = ReadConfig(line.config);
  const std::filesystem::path run = RunPath(line.run, ConfigName(line.config), config);
  if (line.dry_run) return PrintPlan(config, line);
  if (!NamesData(config.data)) {
    throw ConfigError("no dataset is named. Give its folder with --data, or set data.root in the config");
  }
  const SearchInputs inputs = ReadInputs(config);
  const SearchPlan plan = MakePlan(inputs, line.probe);
  const RunFolder folder = MakeRunFolder(run, config);
  RunReports reports(&folder, line.verbosity());
  reports.Say(PlanText(plan));
  const SearchResult result = SayingWhatIsKept(folder, [&] {
    return RunSearch(inputs, {.metrics = reports.metrics(), .progress = reports.progress(), .folder = folder.path()});
  });
  const std::string best = (folder / "best.json").string();
  std::cout << (line.json ? JsonText({{"run", folder.path().string()}, {"best", best}, {"cost", result.cost}}, 2) : best)
            << "\n";
  return 0;
}

}  // namespace danas
