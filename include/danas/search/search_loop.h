// Algorithm 1 of the paper: warm-up, then for every schedule step training of weights and architecture on the easiest
// classes and pruning; at the end the best network within the budget, or within
// each of several (search/budgets.h).
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "danas/arch/genotype.h"
#include "danas/config/config.h"
#include "danas/core/progress.h"
#include "danas/cost/cost_model.h"
#include "danas/data/dataset_index.h"
#include "danas/easiness/easiness_ranking.h"
#include "danas/events/event.h"
#include "danas/run/ranks.h"

namespace danas {

// What a search is given: values, each of which can be printed. The space's classes are the training set's.
struct SearchInputs {
  Config config;
  SearchSpace space;
  std::shared_ptr<const CostModel> cost;
  std::shared_ptr<const DatasetIndex> training_set;
  EasinessRanking ranking;
  at::Device device = at::kCPU;
  Ranks ranks = {};  // each is given the same inputs, and computes its part of every batch
};

// Where a search reports to and leaves its files.
struct SearchOutputs {
  MetricSink* metrics = nullptr;  // events/search_events.h
  ProgressSink* progress = nullptr;
  std::filesystem::path folder;   // space-<phase>.json, best.json, or of several budgets best-<budget>.json,
                                  // weights.safetensors, checkpoints/; or nothing
  bool resume = false;            // resumes from the newest whole checkpoint in `folder`
  std::vector<Event> notes = {};  // are recorded where the run starts or resumes
};

struct FoundNetwork {
  std::string budget = {};  // its name, "323M", where search.budgets has several
  Genotype best;
  std::vector<size_t> argmax;      // per layer of the last space, before the budget
  bool bounded_by_budget = false;  // the argmax network exceeds budget_max; `best` is the best within it
  double cost = 0;                 // of `best`, in the cost model's unit
};

struct SearchResult {
  std::vector<FoundNetwork> found;  // one a budget, in their order
  double device_hours = 0;

  const FoundNetwork& first() const { return found.front(); }
};

// Throws ConfigError (a budget that nothing meets, no validation images, classes that do not fit), DataError,
// NumericError, FileError, Interrupted; CheckpointError where none that is there can be used. Of several ranks only the
// first has outputs; all decide what it decides. PeerError where one fails, or where its weights or α are not rank 0's.
SearchResult RunSearch(const SearchInputs& inputs, const SearchOutputs& outputs);

}  // namespace danas
