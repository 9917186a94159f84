// A search by milliseconds: the phase that measures its table where search.latency_table is 'measure', and the latency
// of what was found.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "danas/arch/space.h"
#include "danas/config/config.h"
#include "danas/core/run_folder.h"
#include "danas/cost/cost_model.h"
#include "danas/run/ranks.h"

namespace danas {

bool MeasuresTable(const SearchConfig& search);

// The table that the search of this folder uses: its own latency.yaml where it measured one. Empty without a table.
std::filesystem::path LatencyTableOf(const SearchConfig& search, const std::filesystem::path& run);

// The config's cost model, of a run that has measured its table with that one.
std::unique_ptr<CostModel> CostModelOfRun(const SearchConfig& search, const std::filesystem::path& run);

// Of a search that MeasuresTable(): measured on rank 0 where the run has none yet, the same bits on every rank.
// `folder`: on rank 0. What was measured is kept when the process ends, and continued by the next one.
std::shared_ptr<const CostModel> MeasureRunTable(const Config& config, const SearchSpace& space, at::Device device,
                                                 const Ranks& ranks, const RunFolder* folder);

// A network that should take at most so long by a table.
struct TimedFind {
  SearchSpace network;
  std::filesystem::path table;
  double most_ms = 0;
};

// Measures the network as a whole, logs what it takes with its interval beside the prediction and the limit, as a
// warning where it takes longer, and writes that to `file`. Nothing where the table does not say that it was measured
// on this machine and device, with these threads and kernels: what counts there cannot be measured here.
void MeasureFind(const TimedFind& find, const Config& config, at::Device device, const std::filesystem::path& file);

}  // namespace danas
