// What the measurement of a latency table has seen so far: of each key a block for each visit to it, and the time of a
// reference kernel around every visit, which says whether the machine was as fast as otherwise. The file beside the
// table that a measurement continues from, and the table that comes of it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "danas/core/json.h"
#include "danas/cost/latency_table.h"

namespace danas {

// A visit times one network: some passes in a row, each part of it apart. Its block of a part is their median.
struct LatencyBlock {
  int64_t visit = 0;
  double milliseconds = 0;

  bool operator==(const LatencyBlock&) const = default;
};

struct LatencySamples {
  std::string subject = {};  // what is measured: another space or protocol has another
  LatencyConditions conditions = {};
  int64_t rounds = 0;                     // that are over
  std::vector<double> reference_ms = {};  // of each visit: the mean before and after it
  std::map<std::string, std::vector<LatencyBlock>> blocks = {};
};

std::string SamplesText(const LatencySamples& samples);

// Throws ConfigError for a file of another form.
LatencySamples ParseSamples(std::string_view text, const std::string& name);

// Visits whose reference took over kSlowVisit times its lower quartile count for no key that has others.
inline constexpr double kSlowVisit = 1.1;
std::vector<bool> SlowVisits(const std::vector<double>& reference_ms);

// Each key's median over its blocks. Blocks of slow visits, and those farther from the median than four robust standard
// deviations (1.4826 times the median of the absolute deviations), are outliers and do not count.
LatencyTable TableOf(const LatencySamples& samples);

// What a measurement says of itself.
struct LatencyQuality {
  int64_t keys = 0, visits = 0, slow_visits = 0, blocks = 0, outliers = 0;
  double drift = 0;         // of the reference, from the first third of the visits that count to the last: 0.01 is 1 %
  double median_error = 0;  // half of an interval over its median, in the median key
  double worst_error = 0;   // in the worst key of those that take at least 1 % of all keys' mean
};

LatencyQuality QualityOf(const LatencySamples& samples, const LatencyTable& table);

}  // namespace danas
