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

// Throws FileError where the file could not be written; before what takes long.
void CheckProfileFile(const std::string& profile);

// Profiles a w step and an α step of every way that was benched, writes the tables to the file `path` and returns the
// same as JSON, one entry a way and step. `hows` are the settings of bench.ways.
Json WriteProfiles(const std::string& path, Config config, const std::vector<NnConfig>& hows, const SearchSpace& space,
                   const CostModel& cost, at::Device device, const SupernetBench& bench);

}  // namespace danas
