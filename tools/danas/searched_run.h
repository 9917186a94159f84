// A search's folder as `rank` and `choose` read it: its config, its saved states, and a scorer on its images.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "danas/config/config.h"
#include "danas/cost/cost_model.h"
#include "danas/data/dataset_index.h"
#include "danas/run/ranks.h"
#include "danas/search/saved_state.h"
#include "danas/search/score.h"
#include "option_groups.h"

namespace danas {

struct SearchedRun {
  std::filesystem::path folder;
  Config config;
  std::vector<SavedState> states;  // the newest first; the last has the whole space
  std::shared_ptr<const CostModel> cost;

  const SearchSpace& space() const { return states.back().space; }
};

// Of the folder in --run; --set may change how and where networks are scored, and the key `also_free`, but not what
// they are built from. The same on every rank. Throws UsageError, FileError if there is no search, CheckpointError.
SearchedRun OpenSearchedRun(const SearchedRunOptions& options, Ranks& ranks, const std::string& also_free = "");

// The newest state whose space has all of these networks of the whole space. Throws ConfigError if there is none.
const SavedState& StateWithAll(const SearchedRun& run, const std::vector<std::vector<size_t>>& networks,
                               const Ranks& ranks);

// The run's training set. Throws DataError if its images are not those that the run started with.
std::shared_ptr<const DatasetIndex> OpenRunImages(const SearchedRun& run, const Ranks& ranks);

// On the run's validation images, of the state's classes.
SubnetScorer MakeScorer(const SearchedRun& run, const SavedState& state, const std::shared_ptr<Supernet>& supernet,
                        const std::shared_ptr<const DatasetIndex>& training_set, at::Device device, const Ranks& ranks);

// Two batches for scores of untrained networks, of all classes.
std::vector<Batch> UntrainedBatches(const SearchedRun& run, const std::shared_ptr<const DatasetIndex>& training_set,
                                    at::Device device);

}  // namespace danas
