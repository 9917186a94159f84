// A whole latency table of a space, measured here and now, or continued from where it was left.
#pragma once

#include <filesystem>
#include <string>

#include "danas/arch/space.h"
#include "danas/cost/latency_samples.h"
#include "danas/latency/measure.h"
#include "danas/latency/timed_supernet.h"

namespace danas {

struct MeasuredTable {
  LatencyTable table;
  LatencyQuality quality;
  int64_t rounds = 0;
  int64_t rounds_before = 0;  // that an earlier process left
};

// What a table that is measured now holds on; `version` is danas's.
LatencyConditions ConditionsOf(const TimingSetup& setup, const std::string& version);

// The same by ONNX Runtime, which `runtime` names, where danas's kernels would be.
LatencyConditions OnnxConditionsOf(const TimingSetup& setup, const std::string& runtime, const std::string& version);

// Rounds that are over are kept in `<table>.part` beside the file that the table will be, and removed by whoever writes
// that file. They are continued from where they are of the same space, protocol and conditions; else a warning says
// what differs, and the measurement begins anew. Throws as MeasureRounds(), and ConfigError where the kept file is of
// another form.
MeasuredTable MeasureTable(const SearchSpace& space, const LatencySchedule& schedule, const TimingSetup& setup,
                           const std::string& version, const std::filesystem::path& table);

std::filesystem::path PartOf(const std::filesystem::path& table);

// The same for a subject that is given: MeasureTable() with timed networks of its own.
MeasuredTable MeasureTableOf(TimedNetworks& networks, const Clock& clock, const SearchSpace& space,
                             const LatencySchedule& schedule, const LatencyConditions& conditions,
                             const std::filesystem::path& table);

// Seconds of a clock that only rises.
Clock SteadyClock();

}  // namespace danas
