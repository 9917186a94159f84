// danas search: plans, runs Algorithm 1 and writes best.json, or one file per budget if there are several.
#include <filesystem>
#include <functional>
#include <iostream>
#include <optional>

#include "danas/arch/genotype.h"
#include "danas/config/preset.h"
#include "danas/core/checkpoint_files.h"
#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/log.h"
#include "danas/cost/cost_model.h"
#include "danas/events/run_log.h"
#include "danas/events/search_events.h"
#include "danas/nn/fused_layer.h"
#include "danas/report/plan_text.h"
#include "danas/run/device.h"
#include "danas/search/budget_band.h"
#include "danas/search/budgets.h"
#include "danas/search/search_loop.h"
#include "difficulty_file.h"
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
#include "search_planning.h"
#include "writer.h"

namespace danas {
namespace {

// A config's own class schedule or pruning joins a strategy, which then is no longer the published method.
void LogOverStrategy(const Config& config) {
  for (const NamedValue& value : StrategyValues(config)) {
    if (value.named == value.in_config) continue;
    log::info("{}: the config has {} {} instead of {}", value.name, value.key, value.in_config, value.named);
  }
}

// Checked before the images are listed, which takes minutes if there are many.
void RequireJudges(const Config& config) {
  const std::string missing = MissingWeights(JudgesOf(config, {}));
  if (!missing.empty()) throw FileError("schedule.ranking 'auto': " + missing);
}

// A latency table is a phase of its own, in a run folder whose log begins with it.
SearchInputs MeasuringFirst(const Config& config, const SearchImages& images, at::Device device, const Ranks& ranks,
                            const RunFolder* folder, Verbosity verbosity) {
  std::optional<RunReports> reports;
  if (folder != nullptr && MeasuresTable(config.search)) reports.emplace(folder, config, verbosity);
  return SayingWhatIsKept(folder, [&] { return ReadInputs(config, images, device, ranks, folder); });
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
    RunReports reports(folder, inputs.config, verbosity);
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

// Calls `work`, which adds to a search that is done: where it fails, nobody loses the search. `later`: what does it
// again.
void AfterSearch(const std::string& what, const std::string& later, const std::function<void()>& work) {
  try {
    work();
  } catch (const Interrupted&) {
    throw;
  } catch (const std::exception& error) {
    log::warn("the search is finished, but {}: {}. Later: {}", what, error.what(), later);
  }
}

void WriteReport(const std::filesystem::path& run) {
  AfterSearch("its report could not be written", "danas report " + run.string(),
              [&] { log::info("report: {}", WriteRunReport(run).string()); });
}

// `folder` and `plan`: on the first rank.
int Search(const SearchOptions& options, const Call& call, const SearchInputs& inputs, const RunFolder* folder,
           const std::optional<SearchPlan>& plan, bool resume, const std::vector<Event>& notes = {}) {
  if (folder == nullptr) {
    RunSearch(inputs, {});
    return 0;
  }
  ListBadImages(*inputs.training_set, *folder);
  RunReports reports(folder, inputs.config, call.verbosity());
  reports.Say(PlanText(*plan));
  if (const std::string groups = GroupsText(inputs.training_set, inputs.config); !groups.empty()) {
    log::info("{}", groups);
  }
  SayingWhatIsKept(folder, [&] {
    return RunSearch(inputs, {.metrics = reports.metrics(),
                              .progress = reports.progress(),
                              .folder = folder->path(),
                              .resume = resume,
                              .notes = WithWriter(notes)});
  });
  const std::string run = folder->path().string();
  if (inputs.config.search.cost == CostKind::kLatency) {
    const std::string found = ResultFile(BranchNames(inputs.config.search).front());
    AfterSearch("the network found could not be measured", "danas latency --arch " + run + "/" + found,
                [&] { MeasureFound(inputs, *folder); });
  }
  if (inputs.config.log.report) WriteReport(folder->path());
  return PrintResult(options, *folder, inputs.config.search);
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
    if (config.log.report && !HasRunReport(run)) WriteReport(run);  // killed in between
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
  const std::string difficulty = ReadDifficulty(config, run, ranks);
  const SearchImages images = InOrder(training_set, config, difficulty);
  KeepDifficulty(PointerTo(folder), difficulty);
  SearchInputs inputs = MeasuringFirst(config, images, device, ranks, PointerTo(folder), call.verbosity());
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
  // Its GPUs need not be here, even where the config asks for one.
  if (!options.predict.empty()) return PrintPrediction(config, options, ranks);
  const at::Device device = OpenRankDevice(config, ranks);
  log::info("kernels: {}", DescribeKernels(config.nn.kernels, device));
  if (ranks.first()) LogOverStrategy(config);
  if (options.plan.dry_run) return PrintPlan(config, options, device, ranks);
  if (RanksFirst(config)) RequireJudges(config);
  const std::string difficulty = ReadDifficulty(config, {}, ranks);
  const auto training_set = OpenImages(config);
  const SearchImages in_order = InOrder(training_set, config, difficulty);
  std::optional<RunFolder> folder;
  const auto open = [&] { return MakeRunFolder(run, config, call); };
  const bool measures = MeasuresTable(config.search);
  if (measures) folder = FirstOpens(ranks, open);
  SearchInputs inputs = MeasuringFirst(config, in_order, device, ranks, PointerTo(folder), call.verbosity());
  std::optional<EasinessPlan> ranking;
  if (RanksFirst(config)) ranking = PlanRanking(config, options, device, ranks);
  RunImages images = ranking ? ranking->images() : ListRunImages(ranks, *training_set, nullptr);
  std::optional<SearchPlan> plan;
  if (ranks.first()) {
    // Throws before the folder is created, unless a table was measured into it.
    plan = SayingWhatIsKept(PointerTo(folder), [&] {
      const SearchPlan made = MakePlan(inputs, options.plan.probe && !ranking);
      if (ranking) {
        AskBefore(*ranking, options.plan, ranks);
      } else {
        AskBeforeSearch(config, options.plan, made.seconds(), ranks);
      }
      return made;
    });
  }
  if (!measures) folder = FirstOpens(ranks, open);
  KeepImages(PointerTo(folder), std::move(images));
  KeepDifficulty(PointerTo(folder), difficulty);
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
