// How a run is doing, read from its folder alone: logs, progress.json, checkpoints, run.log and the lock. Works on runs
// that live, died, are finished or have only started; what cannot be read is reported as a warning.
#pragma once

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "danas/events/progress.h"
#include "danas/events/training_events.h"

namespace danas {

enum class RunKind { kUnknown, kSearch, kFinetune, kTrain, kEasiness };

enum class RunLife {
  kRunning,  // a process works in the folder
  kFinished,
  kStopped,  // its process ended before the run was finished, and said why: `stopped_by`
  kDied,     // its process is gone without a word
  kUnknown,  // started on another machine, whose lock cannot be seen from here
};

const char* NameOf(RunKind kind);  // "search"; "run" for kUnknown
const char* NameOf(RunLife life);  // "running"

// Where the run was when it last said so.
struct RunPosition {
  std::string phase;         // of a search: "step2"; "ranking" while it ranks classes first
  int64_t phase_number = 0;  // from 1, of `phases`; 0: no search
  int64_t phases = 0;
  int64_t classes = 0;  // learnt in the phase
  int64_t epoch = 0;    // under way, from 1; of the phase in a search
  int64_t epochs = 0;
};

// Of the pass under way, from progress.json.
struct PassProgress : events::PassNow {
  double age_seconds = 0;
};

struct CheckpointAge {
  int64_t number = 0;
  double age_seconds = 0;
};

// One of several budgets of a search.
struct BudgetStatus {
  std::string name;            // "323M"
  std::optional<double> cost;  // of the network that was found for it
};

struct RunStatus {
  std::filesystem::path folder;
  RunKind kind = RunKind::kUnknown;
  RunLife life = RunLife::kUnknown;
  std::optional<std::string> task;  // absent: classification
  std::string what;                 // the space, the zoo's network; may be empty
  std::string holder;               // "process 12 on host"
  std::string stopped_by;           // the error it ended with
  std::optional<std::time_t> begun;
  std::optional<double> last_sign_seconds;  // since anything was written
  RunPosition at;
  std::optional<PassProgress> pass;
  std::optional<double> share_done;     // of the run's work, in [0, 1]
  std::optional<double> seconds_left;   // of a run that may live
  std::optional<double> seconds_taken;  // of one that is finished
  // Of the last epoch that is over.
  std::optional<double> share_waited;  // of its time, for data
  std::optional<double> train_loss, train_accuracy, validation_loss, validation_accuracy;
  std::optional<double> test_accuracy;  // of a finished training
  std::optional<events::KeypointFields> test_keypoints;
  std::string unit;                                               // of the costs
  std::optional<double> expected_cost, budget, budget_max, cost;  // cost: of the network that was found
  std::vector<BudgetStatus> budgets;                              // of a search with several
  std::vector<std::pair<std::string, double>> spent;  // of a finished search's time, the share of each of its parts
  std::optional<double> macs_passed;                  // in all its forward passes
  std::vector<int64_t> candidates;                    // left in each layer
  std::optional<double> networks_in_band;             // left after the last pruning; of several budgets the fewest
  // Of the last pruning, of all budgets; unclear ones are below two standard errors.
  std::optional<int64_t> cuts, unclear_cuts;
  int64_t judged = 0, judges = 0;           // networks of a ranking
  std::optional<CheckpointAge> checkpoint;  // the newest that is whole
  std::vector<std::string> warnings;        // the newest last
};

// Throws FileError where the folder contains no run, or its log cannot be read.
RunStatus ReadRunStatus(const std::filesystem::path& folder, std::time_t now);

bool HoldsRun(const std::filesystem::path& folder);

// The folder itself where it holds a run, else the runs in it, up to three folders down, in the order of their names.
// Throws FileError where there is none.
std::vector<std::filesystem::path> FindRuns(const std::filesystem::path& folder);

}  // namespace danas
