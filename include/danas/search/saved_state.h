// The states that a search keeps: supernet, α and space at the start, before and after each pruning, and in between
// (docs/checkpoints.md). From them any network of the space can be scored afterwards, without training.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "danas/arch/space.h"
#include "danas/config/config.h"
#include "danas/easiness/class_schedule.h"
#include "danas/nn/supernet.h"
#include "danas/run/checkpoint.h"

namespace danas {

struct SavedState {
  StoredCheckpoint checkpoint = {};
  int64_t number = 0;        // of its file
  SearchSpace space;         // what was left of the run's
  int classes = 0;           // the first so many of the ranking were learnt
  int64_t weight_steps = 0;  // 0: the weights are untrained
  std::string when = {};     // "before the pruning of step1"
};

// Of a run's folder, the newest first; `schedule` is the run's. Throws CheckpointError where there is none.
std::vector<SavedState> ListSavedStates(const std::filesystem::path& run_folder, const ScheduleConfig& schedule);

// The candidates of `to` that `network`, one of `from`, consists of; none where one of them is not there. Spaces of as
// many layers.
std::optional<std::vector<size_t>> NetworkIn(const SearchSpace& from, const std::vector<size_t>& network,
                                             const SearchSpace& to);

struct LoadedState {
  std::shared_ptr<Supernet> supernet;         // on the device
  std::vector<std::vector<double>> alpha_lc;  // none of a search for several budgets: each has its own
};

// With search.scoring.ema the supernet holds the weights' average. Throws CheckpointError where its tensors are not
// whole or not those of the space, or no average was kept.
LoadedState LoadState(const SavedState& state, const Config& config, at::Device device);

}  // namespace danas
