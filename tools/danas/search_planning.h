// danas search: what a search begins with, what it will do and how long that takes.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "danas/config/config.h"
#include "danas/core/run_folder.h"
#include "danas/data/dataset_index.h"
#include "danas/easiness/easiness_ranking.h"
#include "danas/easiness/search_plan.h"
#include "danas/run/ranks.h"
#include "danas/search/search_loop.h"
#include "easiness_run.h"
#include "search_options.h"

namespace danas {

// Whether the search ranks the classes itself (schedule.ranking 'auto').
bool RanksFirst(const Config& config);

std::shared_ptr<const DatasetIndex> OpenImages(const Config& config);

// What the phases choose from: the training set, and with schedule.difficulty its persons in groups, with their order.
struct SearchImages {
  std::shared_ptr<const DatasetIndex> set;
  std::optional<EasinessRanking> ranking;
};

// `difficulty`: the text of schedule.difficulty's file (difficulty_file.h), or nothing.
SearchImages InOrder(const std::shared_ptr<const DatasetIndex>& training_set, const Config& config,
                     const std::string& difficulty);

// Where the search RanksFirst(), the classes are in the dataset's order until that is done. `folder`: that of the run,
// on the first rank; into it a latency table is measured that is not there yet. Null for a plan.
SearchInputs ReadInputs(const Config& config, const SearchImages& images, at::Device device, const Ranks& ranks,
                        const RunFolder* folder);

// With `probe` steps are timed. Throws ConfigError where the plan cannot be carried out.
SearchPlan MakePlan(const SearchInputs& inputs, bool probe);

// The ranking is a phase of its own, whose trainings, plan and time are those of `danas easiness`.
EasinessPlan PlanRanking(const Config& config, const SearchOptions& options, at::Device device, const Ranks& ranks);

// What --dry-run prints, on the first rank; returns the exit code.
int PrintPlan(const Config& config, const SearchOptions& options, at::Device device, const Ranks& ranks);

// What --dry-run --predict prints: the same without timing anything, and without the time that a ranking takes.
int PrintPrediction(const Config& config, const SearchOptions& options, const Ranks& ranks);

// On the first rank; see ask.h.
void AskBeforeSearch(const Config& config, const PlanOptions& options, double seconds, const Ranks& ranks);

}  // namespace danas
