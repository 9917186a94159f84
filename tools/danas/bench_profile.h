// danas bench supernet --profile: one step of each kind under torch's profiler.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "danas/arch/space.h"
#include "danas/config/config.h"
#include "danas/core/json.h"
#include "danas/cost/cost_model.h"
#include "danas/report/bench_report.h"

namespace danas {

// Throws FileError if the file could not be written. Called before anything that takes long.
void CheckProfileFile(const std::string& profile);

// Profiles a w step and an α step of every benchmarked configuration, writes the tables to the file `path` and returns
// the same as JSON, one entry per configuration and step. `hows` are the settings of bench.ways.
Json WriteProfiles(const std::string& path, Config config, const std::vector<NnConfig>& hows, const SearchSpace& space,
                   const CostModel& cost, at::Device device, const SupernetBench& bench);

}  // namespace danas
