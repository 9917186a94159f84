// Ranking a dataset's classes, as `danas easiness` and a search with schedule.ranking 'auto' do it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "danas/config/config.h"
#include "danas/data/dataset_index.h"
#include "danas/figures/easiness_text.h"
#include "danas/judge/easiness.h"
#include "option_groups.h"
#include "run_images.h"
#include "run_reports.h"

namespace danas {

// What a command line specifies for a ranking.
struct EasinessRequest {
  ConfigOptions config;
  std::vector<std::string> weights = {};  // "NAME=FILE"
  bool train = true;                      // networks that are not trained yet
  PlanOptions plan = {};
};

struct EasinessPlan {
  EasinessInputs inputs;
  std::string text;               // which networks are trained, which are to be, how long it takes
  double seconds = 0;             // that it takes; 0 without a probe
  std::vector<Event> moved = {};  // of sets that have moved since the run started

  RunImages images() const { return inputs.judges.front().training.images; }
};

// A run that ended before its ranking was written.
struct BegunEasiness {
  std::filesystem::path run;
  const RunFolder* folder = nullptr;  // on the first rank
  std::filesystem::path judges;       // the folder with judges.json
};

// `config` is the run's; the judges' follow from the line by the rules of ConfigOfZooModel(). With `plan.probe` each
// network is timed. Throws ConfigError for an unknown model, UsageError for weights of a network that is not among
// easiness.models and, if `train` is off, for networks that are not trained yet, FileError if weights are missing; with
// `plan.dry_run` the plan reports that instead.
// With several ranks, only the first looks for existing trainings and has the text.
EasinessPlan PlanEasiness(const Config& config, const EasinessRequest& request, at::Device device, const Ranks& ranks);

// The same for a resumed run, with the judges of its judges.json and the locations of data in `config`. Throws
// DataError if its images have changed.
EasinessPlan ResumeEasiness(const Config& config, const BegunEasiness& begun, bool probe, at::Device device,
                            const Ranks& ranks);

// Asks before it begins where it takes long; on the first rank.
void AskBefore(const EasinessPlan& plan, const PlanOptions& options, const Ranks& ranks);

// Runs the plan and writes judges.json first, then ranking.json, agreement.json, confusion-NAME.csv, figures/*.svg and
// easiness.html into `folder`, which is created if it is missing. Returns everything they contain.
EasinessStudy RunEasinessInto(const EasinessPlan& plan, const std::filesystem::path& folder, RunReports& reports);

}  // namespace danas
