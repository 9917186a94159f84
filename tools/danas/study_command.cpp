// danas study: experiments as data. Plans a study file's steps, runs those that are not done, and reports.
#include <csignal>
#include <filesystem>
#include <iostream>

#include "commands.h"
#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/log.h"
#include "danas/report/text_table.h"
#include "danas/study/plan.h"
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

Asked ReadAsked(const CommandLine& line) {
  Study study = ReadStudy(line.in);
  if (!line.truth.empty()) {
    if (study.outcome.truth.empty()) throw UsageError("--truth: the outcome of " + line.in + " is no table");
    study.outcome.truth = line.truth;
  }
  const fs::path folder = line.run.empty() ? fs::path("runs") / "study" / study.name : fs::path(line.run);
  StudyPlan plan = PlanStudy(study, folder, line.data);
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

int PrintPlan(const Asked& asked, bool json) {
  size_t done = 0;
  Json list = Json::array();
  std::string text;
  for (const StudyStep& step : asked.plan.steps) {
    const StepState state = StateOf(step);
    done += state == StepState::kDone ? 1 : 0;
    list.push_back({{"step", step.name},
                    {"state", StateName(state)},
                    {"folder", step.folder.string()},
                    {"command", CommandText(step)}});
    text += step.name + " (" + StateName(state) + ")\n  $ " + CommandText(step) + "\n";
  }
  text += std::to_string(done) + " of " + std::to_string(asked.plan.steps.size()) + " steps are done; " +
          std::to_string(asked.plan.trials.size()) + " trials in " + asked.folder.string() + "\n";
  WriteOut(json ? JsonText(list, 2) + "\n" : text);
  return 0;
}

void WarnOfThreads(const Asked& asked, int64_t jobs) {
  const int64_t threads = asked.plan.trials.front().config.runtime.threads;
  if (jobs > 1 && threads == 0) {
    log::warn("--jobs {}: each step takes all cores, since runtime.threads is 0. Set it in the study's 'set'", jobs);
  }
}

// Prints what is there, and keeps it as study.json where `write`.
void Report(const Asked& asked, TrialReader& reader, const CommandLine& line, bool write) {
  std::vector<std::optional<TrialResult>> results;
  for (const StudyTrial& trial : asked.plan.trials) results.push_back(reader.Read(trial));
  StudySummary summary = Summarize(asked.study, asked.plan, results);
  summary.notes = reader.notes();
  const std::string json = JsonText(ToJson(summary, asked.study, asked.plan, results), 2) + "\n";
  if (write) WriteFileAtomically(asked.folder / "study.json", json);
  WriteOut(line.json       ? json
           : line.markdown ? SummaryMarkdown(summary, asked.study)
                           : SummaryText(summary, asked.study));
}

int Run(const Asked& asked, const CommandLine& line) {
  TrialReader reader(asked.study, asked.plan);  // a table that does not serve is told before there is a folder
  const StudyLock lock(asked.folder);
  CheckUnchanged(asked.plan);
  WarnOfThreads(asked, line.jobs);
  std::signal(SIGPIPE, SIG_IGN);  // Ctrl-C ends the `tee` that this goes to as well; steps shall end in order
  const auto say = [&](const std::string& text) {
    if (line.json || line.markdown) {
      log::info("{}", text);
    } else if (!line.quiet) {
      std::cout << text << std::endl;
    }
  };
  const StepsOutcome outcome =
      RunSteps(asked.plan, {.program = fs::read_symlink("/proc/self/exe"), .jobs = line.jobs, .say = say});
  if (!line.quiet && !line.json && !line.markdown) std::cout << std::endl;
  Report(asked, reader, line, /*write=*/true);
  if (outcome.failed.empty()) return 0;
  log::error("{} of {} steps failed and {} wait for them. The same command tries them again", outcome.failed.size(),
             asked.plan.steps.size(), outcome.waiting.size());
  return outcome.code;
}

}  // namespace

int RunStudyCommand(const CommandLine& line) {
  const Asked asked = ReadAsked(line);
  if (line.dry_run) {
    CheckUnchanged(asked.plan);
    return PrintPlan(asked, line.json);
  }
  if (!line.report) return Run(asked, line);
  if (!fs::is_directory(asked.folder))
    throw FileError("there is no study in " + asked.folder.string() + "; name its folder with --run");
  CheckUnchanged(asked.plan);
  TrialReader reader(asked.study, asked.plan);
  Report(asked, reader, line, /*write=*/false);
  return 0;
}

}  // namespace danas
