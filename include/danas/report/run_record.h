// What a run wrote down, from its folder alone: config.json, log.jsonl, alpha.jsonl and the networks beside them. Runs
// that are under way or died are read as far as they came; what a resumed run did twice counts once, the last time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "danas/arch/genotype.h"
#include "danas/core/json.h"
#include "danas/events/search_events.h"
#include "danas/events/training_events.h"
#include "danas/events/written_by.h"
#include "danas/report/comparison.h"

namespace danas {

// One budget of a search; a search for a single one has one without a name.
struct BudgetRecord {
  std::string name;
  std::optional<double> target, least, most;
  // Of each epoch of the search.
  std::vector<std::optional<events::ArchitectureFields>> architecture_e = {};
  std::vector<std::optional<events::AlphaFields>> alpha_e = {};
  std::vector<std::optional<events::Alpha>> layers_e = {};
  std::vector<events::Pruning> prunings = {};
  std::optional<events::FinalScores> scores = {};
  std::optional<events::FoundFields> found = {};
  std::optional<SearchSpace> network = {};  // found; before the end of the run that of the highest α
};

struct SearchRecord {
  events::SearchStart start;
  std::vector<events::SearchEpoch> epochs;
  std::vector<BudgetRecord> budgets;  // at least one
  std::optional<events::SearchEnd> end;
  std::optional<SearchSpace> space;                   // the whole of it, where it can be read
  std::vector<std::vector<std::string>> candidate_l;  // names, of each layer of the whole space; may be empty
};

// A JPEG file that a training left of its test.
struct RunPicture {
  std::string name;
  std::string bytes;
};
inline constexpr size_t kMostPictures = 24;  // that are read

struct TrainingRecord {
  events::TrainingStart start;
  std::vector<events::TrainingEpoch> epochs;
  std::optional<events::TrainingEnd> end;
  std::optional<SearchSpace> network;
  std::optional<TrainedRun> result;       // of one that is finished
  std::vector<RunPicture> pictures = {};  // the first by name
};

struct RunRecord {
  std::filesystem::path folder;
  Json config = Json::object();  // config.json
  std::optional<SearchRecord> search;
  std::optional<TrainingRecord> training;
  std::vector<events::WrittenBy> written_by;         // one after the other; empty in runs of earlier versions
  std::vector<std::string> class_ids, class_labels;  // of best.json or network.json
  std::vector<std::string> warnings;                 // what could not be read
};

// Throws FileError where the log cannot be read.
RunRecord ReadRunRecord(const std::filesystem::path& folder);

// The names of a network's candidates.
std::vector<std::string> CandidateNames(const SearchSpace& network);

// What each layer of a network takes of a cost, stem first and head last.
struct LayerCosts {
  std::string unit;
  std::vector<double> cost_l;
};
// MACs and parameters; latency where the run's config names a table that has the network's keys.
std::vector<LayerCosts> CostsByLayer(const SearchSpace& network, const Json& config);

}  // namespace danas
