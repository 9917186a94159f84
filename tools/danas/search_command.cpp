// danas search: plans, runs Algorithm 1 and writes best.json, or one file per budget if there are several.
#include <filesystem>
#include <iostream>
#include <optional>

#include "danas/arch/genotype.h"
#include "danas/arch/space_file.h"
#include "danas/config/preset.h"
#include "danas/config/shipped.h"
#include "danas/core/checkpoint_files.h"
#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/log.h"
#include "danas/cost/cost_model.h"
#include "danas/data/subset.h"
#include "danas/events/run_log.h"
#include "danas/events/search_events.h"
#include "danas/nn/fused_layer.h"
#include "danas/report/plan_text.h"
#include "danas/run/device.h"
#include "danas/search/budget_band.h"
#include "danas/search/budgets.h"
#include "danas/search/make_plan.h"
#include "danas/search/search_loop.h"
#include "ask.h"
#include "easiness_run.h"
#include "inputs.h"
#include "judge_names.h"
#include "latency_phase.h"
#include "on_ranks.h"
#include "report_command.h"
#include "resume.h"
#include "run_images.h"
#include "run_reports.h"
#include "search_options.h"

namespace danas {
namespace {

SearchSpace ReadSpace(const Config& config, int classes) {
  const LoadedSpace loaded = LoadSpaceOf(config, classes);
  for (const std::string& note : loaded.notes) log::info("{}", note);
  return loaded.space;
}

// A config's own class schedule or pruning joins a strategy, which then is no longer the published method.
void LogOverStrategy(const Config& config) {
  for (const NamedValue& value : StrategyValues(config)) {
    if (value.named == value.in_config) continue;
    log::info("{}: the config has {} {} instead of {}", value.name, value.key, value.in_config, value.named);
  }
}

bool RanksFirst(const Config& config) { return config.schedule.ranking == "auto"; }

// Checked before the images are listed, which takes minutes if there are many.
void RequireJudges(const Config& config) {
  const std::string missing = MissingWeights(JudgesOf(config, {}));
  if (!missing.empty()) throw FileError("schedule.ranking 'auto': " + missing);
}

std::shared_ptr<const DatasetIndex> OpenImages(const Config& config) {
  return std::make_shared<const DatasetIndex>(OpenTrainingSet(config.data));
}

// With schedule.ranking 'auto' the classes are in the dataset's order until RankClassesFirst() has ranked them.
// `folder`: that of the run, on the first rank; into it a latency table is measured that is not there yet.
SearchInputs ReadInputs(const Config& config, const std::shared_ptr<const DatasetIndex>& training_set,
                        at::Device device, const Ranks& ranks, const RunFolder* folder = nullptr) {
  const ClassList& classes = training_set->classes;
  // Made first: g++ 12 frees members twice if a later one's initializer throws inside the braces.
  const SearchSpace space = ReadSpace(config, static_cast<int>(classes.ids.size()));
  std::shared_ptr<const CostModel> cost = MeasuresTable(config.search)
                                              ? MeasureRunTable(config, space, device, ranks, folder)
                                              : MakeCostModel(config.search);
  ScheduleConfig schedule = config.schedule;
  if (RanksFirst(config)) schedule.ranking = "listed";
  EasinessRanking ranking = MakeRanking(schedule, config.seed, classes.ids, training_set->fingerprint);
  return {.config = config,
          .space = space,
          .cost = std::move(cost),
          .training_set = training_set,
          .ranking = std::move(ranking),
          .device = device,
          .ranks = ranks};
}

// A latency table is a phase of its own, in a run folder whose log begins with it.
SearchInputs MeasuringFirst(const Config& config, const std::shared_ptr<const DatasetIndex>& training_set,
                            at::Device device, const Ranks& ranks, const RunFolder* folder, Verbosity verbosity) {
  std::optional<RunReports> reports;
  if (folder != nullptr && MeasuresTable(config.search)) reports.emplace(folder, config.log, verbosity);
  return SayingWhatIsKept(folder, [&] { return ReadInputs(config, training_set, device, ranks, folder); });
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
                        TimesIf(probe, config, inputs.space, *inputs.cost, inputs.device), inputs.ranks.count());
}

// The number of classes of a format that fixes it; 0 if it depends on the files.
int ClassesOf(DataFormat format) {
  if (format == DataFormat::kCifar10) return 10;
  return format == DataFormat::kCifar100 ? 100 : 0;
}

// Without a dataset's folder the plan knows neither images nor steps, unless --images gives their number; classes are
// the format's or the space file's.
SearchPlan MakePlanWithoutData(const Config& config, const SearchOptions& options, at::Device device) {
  const SearchSpace space = ReadSpace(config, ClassesOf(config.data.format));
  const auto cost = MakeCostModel(config.search);
  const ClassCounts counts =
      options.images > 0 ? EvenCounts(options.images, space.classes(), config.data) : ClassCounts{};
  return MakeSearchPlan(config, space, *cost, counts, device,
                        TimesIf(options.plan.probe, config, space, *cost, device));
}

// The ranking is a phase of its own, whose trainings, plan and time are those of `danas easiness`.
EasinessPlan PlanRanking(const Config& config, const SearchOptions& options, at::Device device, const Ranks& ranks) {
  if (options.config.config.empty()) {
    throw UsageError("schedule.ranking 'auto' requires --config, so that classes are ranked on the search's images");
  }
  EasinessRequest request{.config = options.config, .plan = options.plan};
  request.config.config = FindShippedFile("", options.config.config).string();  // looked up once
  return PlanEasiness(config, request, device, ranks);
}

int PrintPlan(const Config& config, const SearchOptions& options, at::Device device, const Ranks& ranks) {
  if (MeasuresTable(config.search)) {
    throw UsageError(
        "--dry-run: search.latency_table 'measure' measures when the search begins, and a plan depends on the table. "
        "Measure one with danas latency, and name its file in search.latency_table");
  }
  const bool with_data = config.data.NamesDataset() && options.images == 0;
  if (RanksFirst(config) && with_data) {
    const EasinessPlan ranking = PlanRanking(config, options, device, ranks);
    if (!options.json) std::cout << ranking.text << "\n";
  }
  if (RanksFirst(config) && ranks.first()) {
    log::info("schedule.ranking 'auto': the order of the classes is not known yet; the plan assumes {}",
              with_data ? "the dataset's order" : "an arbitrary order");
  }
  if (!ranks.first()) return 0;
  const SearchPlan plan = with_data
                              ? MakePlan(ReadInputs(config, OpenImages(config), device, ranks), options.plan.probe)
                              : MakePlanWithoutData(config, options, device);
  std::cout << (options.json ? JsonText(PlanJson(plan), 2) + "\n" : PlanText(plan));
  if (!with_data && options.images == 0)
    log::warn("no dataset is specified: images and steps are unknown. Give its folder with --data, or --images N");
  return 0;
}

// The ranking written by RankClassesFirst(), on every rank.
EasinessRanking RankingOfRun(const SearchInputs& inputs, const RunFolder* folder) {
  const std::string text = inputs.ranks.FromFirst([&] {
    ScheduleConfig schedule = inputs.config.schedule;
    schedule.ranking = (*folder / "easiness" / "ranking.json").string();
    const EasinessRanking ranking =
        MakeRanking(schedule, inputs.config.seed, inputs.training_set->classes.ids, inputs.training_set->fingerprint);
    return Json{ranking.source, ranking.order}.dump();
  });
  const Json json = Json::parse(text);
  EasinessRanking ranking = inputs.ranking;
  json.at(0).get_to(ranking.source);
  json.at(1).get_to(ranking.order);
  return ranking;
}

// Writes everything that `danas easiness` writes, such as ranking.json, to easiness/ in the run folder.
EasinessRanking RankClassesFirst(const EasinessPlan& plan, const SearchInputs& inputs, const RunFolder* folder,
                                 Verbosity verbosity) {
  return SayingWhatIsKept(folder, [&] {
    if (folder == nullptr) {
      RunEasiness(plan.inputs, {});
      return RankingOfRun(inputs, folder);
    }
    for (const Judge& judge : plan.inputs.judges) ListBadImages(judge.training.dataset.train, *folder);
    RunReports reports(folder, inputs.config.log, verbosity);
    reports.Say(plan.text);
    const EasinessStudy study = RunEasinessInto(plan, *folder / "easiness", reports);
    reports.Say(EasinessText(study, 5) + "\n" + AgreementText(study.agreement));
    return RankingOfRun(inputs, folder);
  });
}

// Of each budget; just best.json for a config with one budget.
std::string ResultFile(const std::string& budget) { return WithBranchName("best", budget, ".json"); }

// If the log ends with the end of the search, there is nothing left to resume.
bool IsFinished(const std::filesystem::path& run, const SearchConfig& search) {
  for (const std::string& budget : BranchNames(search)) {
    if (!std::filesystem::exists(run / ResultFile(budget))) return false;
  }
  return events::EndsWith<events::SearchEnd>(run / kLogFile);
}

std::string LatencyFile(const std::string& budget) { return WithBranchName("latency", budget, ".json"); }

void MeasureFound(const SearchInputs& inputs, const RunFolder& folder) {
  const SearchConfig& search = inputs.config.search;
  if (search.cost != CostKind::kLatency) return;
  const std::vector<double> targets = TargetsOf(search);
  const std::vector<std::string> budgets = BranchNames(search);
  for (size_t b = 0; b < budgets.size(); ++b) {
    MeasureFind({.network = ReadGenotype(folder / ResultFile(budgets[b])).network,
                 .table = LatencyTableOf(search, folder.path()),
                 .most_ms = BandOf(WithBudget(search, targets.at(b))).high},
                inputs.config, inputs.device, folder / LatencyFile(budgets[b]));
  }
}

int PrintResult(const SearchOptions& options, const RunFolder& folder, const SearchConfig& search) {
  Json json = {{"run", folder.path().string()}};
  std::string text;
  for (const std::string& budget : BranchNames(search)) {
    const std::filesystem::path best = folder / ResultFile(budget);
    const Json origin = ReadGenotype(best).origin;
    if (!origin.contains("cost"))
      throw ConfigError(best.string() + ": origin.cost is missing, which danas search writes");
    const Json& cost = origin.at("cost").at("value");
    const std::filesystem::path timed = folder / LatencyFile(budget);
    const Json latency = std::filesystem::exists(timed) ? ParseJson(ReadFile(timed)) : Json();
    text += best.string() + "\n";
    if (budget.empty()) {
      json["best"] = best.string();
      json["cost"] = cost;
      if (latency.is_object()) json["latency"] = latency;
    } else {
      json["found"].push_back({{"budget", budget}, {"best", best.string()}, {"cost", cost}});
      if (latency.is_object()) json["found"].back()["latency"] = latency;
    }
  }
  std::cout << (options.json ? JsonText(json, 2) + "\n" : text);
  return 0;
}

// A page that cannot be written costs nobody a search that is done.
void WriteReport(const std::filesystem::path& run) {
  try {
    log::info("report: {}", WriteRunReport(run).string());
  } catch (const std::exception& error) {
    log::warn("the search is finished, but its report could not be written: {}. Later: danas report {}", error.what(),
              run.string());
  }
}

// `folder` and `plan`: on the first rank.
int Search(const SearchOptions& options, const Call& call, const SearchInputs& inputs, const RunFolder* folder,
           const std::optional<SearchPlan>& plan, bool resume, const std::vector<Event>& notes = {}) {
  if (folder == nullptr) {
    RunSearch(inputs, {});
    return 0;
  }
  ListBadImages(*inputs.training_set, *folder);
  RunReports reports(folder, inputs.config.log, call.verbosity());
  reports.Say(PlanText(*plan));
  SayingWhatIsKept(folder, [&] {
    return RunSearch(inputs, {.metrics = reports.metrics(),
                              .progress = reports.progress(),
                              .folder = folder->path(),
                              .resume = resume,
                              .notes = notes});
  });
  MeasureFound(inputs, *folder);
  if (inputs.config.log.report) WriteReport(folder->path());
  return PrintResult(options, *folder, inputs.config.search);
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

bool IsRanked(const std::filesystem::path& run) { return std::filesystem::exists(run / "easiness" / "ranking.json"); }

int Resume(const SearchOptions& options, const Call& call, const std::filesystem::path& run, Ranks& ranks) {
  const std::optional<RunFolder> folder = FirstOpens(ranks, [&] { return RunFolder::Reopen(run); });
  const Config config = FirstReads(ranks, [&] {
    return ConfigToResume(run, options.run.resume, options.config, [&] { return ReadConfig(options.config); });
  });
  if (FirstDecides(ranks, [&] { return IsFinished(run, config.search); })) {
    if (!folder) return 0;
    log::info("{} is already finished", run.string());
    return PrintResult(options, *folder, config.search);
  }
  const at::Device device = OpenRankDevice(config, ranks);
  const bool ranked = !RanksFirst(config) || FirstDecides(ranks, [&] { return IsRanked(run); });
  std::optional<EasinessPlan> ranking;
  std::vector<Event> moved;
  if (!ranked) {
    ranking = ResumeEasiness(config, {.run = run, .folder = PointerTo(folder), .judges = run / "easiness"},
                             options.plan.probe, device, ranks);
    moved = ranking->moved;
  }
  RequireDataThere(run, config.data, /*with_test=*/false);
  const auto training_set = OpenImages(config);
  if (ranked) moved = CompareRunImages(ranks, run, PointerTo(folder), *training_set, nullptr).moved;
  SearchInputs inputs = MeasuringFirst(config, training_set, device, ranks, PointerTo(folder), call.verbosity());
  bool begun = !MeasuresTable(config.search) || std::filesystem::exists(CheckpointFolder(run));
  if (ranking) {
    inputs.ranking = RankClassesFirst(*ranking, inputs, PointerTo(folder), call.verbosity());
    begun = false;
  } else if (RanksFirst(config)) {
    inputs.ranking = RankingOfRun(inputs, PointerTo(folder));
    begun = std::filesystem::exists(CheckpointFolder(run));
  }
  std::optional<SearchPlan> plan;
  if (folder) plan = MakePlan(inputs, /*probe=*/false);
  return Search(options, call, inputs, PointerTo(folder), plan, /*resume=*/begun, moved);
}

int Begin(const SearchOptions& options, const Call& call, Ranks& ranks) {
  const Config config = FirstReads(ranks, [&] { return ReadConfig(options.config); });
  const std::filesystem::path run =
      FirstChooses(ranks, [&] { return RunPath(options.run.run, ConfigName(options.config), config); });
  if (!options.plan.dry_run && !config.data.NamesDataset()) {
    throw ConfigError("no dataset is specified. Give its folder with --data, or set data.root in the config");
  }
  const at::Device device = OpenRankDevice(config, ranks);
  log::info("kernels: {}", DescribeKernels(config.nn.kernels, device));
  if (ranks.first()) LogOverStrategy(config);
  if (options.plan.dry_run) return PrintPlan(config, options, device, ranks);
  if (RanksFirst(config)) RequireJudges(config);
  const auto training_set = OpenImages(config);
  std::optional<RunFolder> folder;
  const auto open = [&] { return MakeRunFolder(run, config, call); };
  const bool measures = MeasuresTable(config.search);
  if (measures) folder = FirstOpens(ranks, open);
  SearchInputs inputs = MeasuringFirst(config, training_set, device, ranks, PointerTo(folder), call.verbosity());
  std::optional<EasinessPlan> ranking;
  if (RanksFirst(config)) ranking = PlanRanking(config, options, device, ranks);
  RunImages images = ranking ? ranking->images() : ListRunImages(ranks, *training_set, nullptr);
  std::optional<SearchPlan> plan;
  if (ranks.first()) {
    // Throws before the folder is created, unless a table was measured into it.
    plan = SayingWhatIsKept(PointerTo(folder), [&] { return MakePlan(inputs, options.plan.probe && !ranking); });
  }
  if (ranking) AskBefore(*ranking, options.plan, ranks);
  if (plan) AskBeforeSearch(config, options.plan, plan->seconds(), ranks);
  if (!measures) folder = FirstOpens(ranks, open);
  KeepImages(PointerTo(folder), std::move(images));
  if (ranking) {
    inputs.ranking = RankClassesFirst(*ranking, inputs, PointerTo(folder), call.verbosity());
    if (folder) plan = MakePlan(inputs, options.plan.probe);
  }
  return Search(options, call, inputs, PointerTo(folder), plan, /*resume=*/false);
}

}  // namespace

int RunCommand(const SearchOptions& options, const Call& call) {
  return OnRanks(SourcesOf(options.config, options.run), [&](Ranks& ranks) {
    const std::filesystem::path run =
        FirstChooses(ranks, [&] { return RunToResume(options.run, options.config, call, SetsUsed::kTraining); });
    return run.empty() ? Begin(options, call, ranks) : Resume(options, call, run, ranks);
  });
}

}  // namespace danas
