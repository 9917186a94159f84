#include "study_command.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iostream>

#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/log.h"
#include "danas/core/text_list.h"
#include "danas/report/text_table.h"
#include "danas/study/plan.h"
#include "danas/study/planned_cost.h"
#include "danas/study/run_steps.h"
#include "danas/study/step_state.h"
#include "danas/study/study_file.h"
#include "danas/study/summary.h"
#include "danas/study/trial_result.h"
#include "program.h"

namespace danas {
namespace {

namespace fs = std::filesystem;

struct Asked {
  Study study;
  fs::path folder;
  StudyPlan plan;
};

void CompareWith(const std::string& arm, Study& study) {
  std::vector<std::string> names;
  for (const StudyArm& known : study.arms) names.push_back(known.name);
  const auto found = std::ranges::find(names, arm);
  if (found == names.end()) {
    throw UsageError("--against: the study has no arm '" + arm + "'; its arms are " + Joined(names));
  }
  study.against = static_cast<size_t>(found - names.begin());
}

Asked ReadAsked(const StudyOptions& options) {
  Study study = ReadStudy(options.file);
  if (options.against) CompareWith(*options.against, study);
  if (!options.truth.empty()) {
    if (study.outcome.truth.empty()) throw UsageError("--truth: the outcome of " + options.file + " is not a table");
    study.outcome.truth = options.truth;
  }
  const fs::path folder = options.run.empty() ? fs::path("runs") / "study" / study.name : fs::path(options.run);
  StudyPlan plan = PlanStudy(study, folder, options.data);
  return {std::move(study), folder, std::move(plan)};
}

const char* StateName(StepState state) {
  switch (state) {
    case StepState::kDone:
      return "done";
    case StepState::kBegun:
      return "begun";
    case StepState::kToDo:
      break;
  }
  return "to do";
}

fs::path ThisProgram() { return fs::read_symlink("/proc/self/exe"); }

int PrintPlan(const Asked& asked, bool json) {
  size_t done = 0;
  Json steps = Json::array();
  std::string text;
  for (const StudyStep& step : asked.plan.steps) {
    const StepState state = StateOf(step);
    done += state == StepState::kDone ? 1 : 0;
    steps.push_back({{"step", step.name},
                     {"state", StateName(state)},
                     {"folder", step.folder.string()},
                     {"command", CommandText(step)}});
    text += step.name + " (" + StateName(state) + ")\n  $ " + CommandText(step) + "\n";
  }
  text += std::to_string(done) + " of " + std::to_string(asked.plan.steps.size()) + " steps are done; " +
          std::to_string(asked.plan.trials.size()) + " trials in " + asked.folder.string() + "\n";
  Json plan = {{"steps", steps}};
  if (asked.study.cost) {
    const std::vector<ArmCost> costs = PlanCosts(asked.study, asked.plan, ThisProgram());
    text += "\n" + CostsText(costs, asked.study);
    plan["cost"] = ToJson(costs, asked.study);
  }
  WriteOut(json ? JsonText(plan, 2) + "\n" : text);
  return 0;
}

void WarnOfThreads(const Asked& asked, int64_t jobs) {
  const int64_t threads = asked.plan.trials.front().config.runtime.threads;
  if (jobs > 1 && threads == 0) {
    log::warn("--jobs {}: each step uses all cores, because runtime.threads is 0. Set it in the study's 'set'", jobs);
  }
}

// Prints the results so far, and with `write` saves them as study.json.
void Report(const Asked& asked, TrialReader& reader, const StudyOptions& options, bool write) {
  std::vector<std::optional<TrialResult>> results;
  for (const StudyTrial& trial : asked.plan.trials) results.push_back(reader.Read(trial));
  StudySummary summary = Summarize(asked.study, asked.plan, results);
  summary.notes = reader.notes();
  const std::string json = JsonText(ToJson(summary, asked.study, asked.plan, results), 2) + "\n";
  if (write) WriteFileAtomically(asked.folder / "study.json", json);
  WriteOut(options.json       ? json
           : options.markdown ? SummaryMarkdown(summary, asked.study)
                              : SummaryText(summary, asked.study));
}

int Run(const Asked& asked, const StudyOptions& options, bool quiet) {
  TrialReader reader(asked.study, asked.plan);  // an unusable table is reported before the folder is created
  const StudyLock lock(asked.folder);
  CheckUnchanged(asked.plan);
  WarnOfThreads(asked, options.jobs);
  std::signal(SIGPIPE, SIG_IGN);  // Ctrl-C also ends a `tee` that this is piped to; steps should still end in order
  const auto say = [&](const std::string& text) {
    if (options.json || options.markdown) {
      log::info("{}", text);
    } else if (!quiet) {
      std::cout << text << std::endl;
    }
  };
  const StepsOutcome outcome = RunSteps(asked.plan, {.program = ThisProgram(), .jobs = options.jobs, .say = say});
  if (!quiet && !options.json && !options.markdown) std::cout << std::endl;
  Report(asked, reader, options, /*write=*/true);
  if (outcome.failed.empty()) return 0;
  log::error("{} of {} steps failed, {} more depend on them. Run the same command again to retry them",
             outcome.failed.size(), asked.plan.steps.size(), outcome.waiting.size());
  return outcome.code;
}

}  // namespace

void DescribeOptions(CLI::App& app, StudyOptions& options) {
  app.description("Run an experiment that compares arms over several seeds");
  app.footer(
      "Examples:\n"
      "  danas study my_study.json --dry-run\n"
      "  danas study my_study.json --jobs 2\n"
      "  danas study my_study.json --report --markdown\n"
      "  danas study my_study.json --report --against drawn\n"
      "Each step is a danas command and is printed. Run the same command again to resume an interrupted study, or to\n"
      "run the new steps after adding seeds or arms. Writes study.json. File format: docs/studies.md.");
  app.add_option("file", options.file, "study: a file, or the name of a shipped one")->option_text("FILE")->required();
  app.add_option("-r,--run,--run-folder", options.run, "study folder (default: runs/study/NAME)")->option_text("DIR");
  app.add_option("-j,--jobs", options.jobs, "number of steps to run at a time (default: 1)")
      ->option_text("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1024}));
  app.add_option("-d,--data", options.data, "dataset folder for every step (data.root)")->option_text("DIR");
  app.add_option("--truth", options.truth, "truth table to use instead of the study's")->option_text("CSV");
  CLI::Option* report = app.add_flag("--report", options.report, "print the tables of the results so far, run nothing");
  app.add_option("--against", options.against, "with --report: the arm to compare with, instead of the study's")
      ->option_text("ARM")
      ->needs(report);
  app.add_flag("-n,--dry-run", options.dry_run, "list the steps, their state and the planned cost, run nothing")
      ->excludes(report);
  CLI::Option* markdown = app.add_flag("--markdown", options.markdown, "print the report as Markdown");
  app.add_flag("--json", options.json, "print JSON")->excludes(markdown);
}

int RunCommand(const StudyOptions& options, const Call& call) {
  const Asked asked = ReadAsked(options);
  if (options.dry_run) {
    CheckUnchanged(asked.plan);
    return PrintPlan(asked, options.json);
  }
  if (!options.report) return Run(asked, options, call.quiet);
  if (!fs::is_directory(asked.folder))
    throw FileError("there is no study in " + asked.folder.string() + "; give its folder with --run");
  CheckUnchanged(asked.plan);
  TrialReader reader(asked.study, asked.plan);
  Report(asked, reader, options, /*write=*/false);
  return 0;
}

}  // namespace danas
