// What a study says: every arm over the seeds, for each budget and over all of them, and against one arm.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "danas/core/json.h"
#include "danas/study/plan.h"
#include "danas/study/statistics.h"
#include "danas/study/trial_result.h"

namespace danas {

// Over seeds; over several budgets each seed's mean over them, of the seeds that have them all.
struct ArmSummary {
  std::string arm;
  int64_t wanted = 0;         // seeds
  MeanInterval accuracy;      // test top-1, percent
  MeanInterval budget_share;  // networks of the table that are better: of those within the budget, percent
  MeanInterval band_share;    // of those in the band, percent
  MeanInterval regret;        // points behind the best within the budget
  MeanInterval cost;          // of the network, in the unit of search.cost
  MeanInterval macs;          // that finding it took
  MeanInterval hours;
  std::optional<double> macs_ratio;  // mean over that of the arm compared with, over the seeds that both have
  std::optional<double> hours_ratio;
  std::optional<PairedDifference> against;  // accuracy, points; none of the arm itself
  std::optional<MeanInterval> improvement;  // over random, percent; none where no arm draws one random network
};

struct BudgetSummary {
  std::string budget;  // "0.4M"; empty: that of the config, or the mean over all
  std::vector<ArmSummary> arms;
};

struct StudySummary {
  std::vector<BudgetSummary> budgets;  // over all first, then each
  std::string against;
  std::string random;  // the arm that improvements are over; empty: there is none
  bool with_truth = false;
  bool planned = false;  // some searches' MACs are those of the plan, without scoring and finalists
  std::vector<std::string> notes;
};

// results[i] is that of plan.trials[i]. Holm's family is the arms of one budget, or of the mean over all.
StudySummary Summarize(const Study& study, const StudyPlan& plan,
                       const std::vector<std::optional<TrialResult>>& results);

// study.json: docs/studies.md.
Json ToJson(const StudySummary& summary, const Study& study, const StudyPlan& plan,
            const std::vector<std::optional<TrialResult>>& results);

// For a terminal, and for documents.
std::string SummaryText(const StudySummary& summary, const Study& study);
std::string SummaryMarkdown(const StudySummary& summary, const Study& study);

}  // namespace danas
