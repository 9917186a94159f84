// Ranking a dataset's classes, as `danas easiness` and a search with schedule.ranking 'auto' do it.
#pragma once

#include <filesystem>
#include <string>

#include "command_line.h"
#include "danas/config/config.h"
#include "danas/data/dataset_index.h"
#include "danas/report/easiness_text.h"
#include "danas/train/easiness.h"
#include "run_reports.h"

namespace danas {

struct EasinessPlan {
  EasinessInputs inputs;
  std::string text;  // what is there, what is to be trained, how long it takes
};

// `config` is the run's; the judges' follow from the line by the rules of ConfigOfZooModel(). `line.judge_weights` are
// "NAME=FILE". With `line.probe` each network is timed. Throws ConfigError for an unknown model, UsageError for weights
// of a network that is not among easiness.models and, where `line.train` is off, for networks that are not trained yet.
// Of several ranks the first looks for trainings that are there, and alone has the text.
EasinessPlan PlanEasiness(const Config& config, const CommandLine& line, at::Device device, const Ranks& ranks);

// The same for a run in `folder` that was ended before its ranking was there: the judges of its judges.json.
EasinessPlan ResumeEasiness(const Config& config, const std::filesystem::path& folder, const CommandLine& line,
                            at::Device device, const Ranks& ranks);

// Runs the plan and writes judges.json first, then ranking.json, agreement.json, confusion-NAME.csv, figures/*.svg and easiness.html into
// `folder`, which is made where it is missing. Returns all that they hold.
EasinessStudy RunEasinessInto(const EasinessPlan& plan, const std::filesystem::path& folder, RunReports& reports);

}  // namespace danas
