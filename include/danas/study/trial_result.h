// What the trials of a study gave, read from the folders of its steps and from the table of truth.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "danas/study/plan.h"
#include "danas/study/truth_lookup.h"

namespace danas {

// What it took to find a network, without the training of the found one that every arm needs.
struct FindingCost {
  double macs = 0;       // forward multiply-accumulates; NaN where they are not known
  double seconds = 0;    // NaN where they are not known
  bool planned = false;  // macs are those of the phases' weights and α as planned: the log does not say all
};

struct TrialResult {
  double accuracy = 0;  // test top-1, share
  std::optional<TruthOutcome> truth;
  double cost = 0;  // of the network, in the unit of search.cost
  FindingCost finding;
  std::string network;  // candidates' indices where there is a table, else the file
};

class TrialReader {
 public:
  // Reads the table of truth, where the study has one. Throws as TruthLookup does, and ConfigError where its space has
  // networks that the table lacks and random arms ask for more than it has.
  TrialReader(const Study& study, const StudyPlan& plan);

  // None while a step of it is not done, and for a network that the table does not have, which is added to notes().
  std::optional<TrialResult> Read(const StudyTrial& trial);

  const TruthLookup* truth() const { return truth_.get(); }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  std::optional<TrialResult> ReadFound(const StudyTrial& trial);
  std::optional<TrialResult> ReadDrawn(const StudyTrial& trial);
  std::optional<TrialResult> ReadTrained(const StudyTrial& trial) const;
  bool IsDone(size_t step) const;

  const Study& study_;
  const StudyPlan& plan_;
  std::unique_ptr<const TruthLookup> truth_;
  std::vector<std::string> notes_;
};

// Of a finished search's log: `macs_passed` of its search_end where it is there, else the plan of its search_start.
FindingCost CostOfSearch(const std::filesystem::path& run);

}  // namespace danas
