#include "danas/cost/latency_samples.h"

#include <algorithm>
#include <cmath>

#include "danas/core/error.h"
#include "danas/core/statistics.h"

namespace danas {
namespace {

constexpr double kFarDeviations = 4;

double LowerQuartile(std::vector<double> values) {
  std::ranges::sort(values);
  return values[(values.size() - 1) / 4];
}

std::vector<double> WithoutFar(const std::vector<double>& values) {
  const double median = Median(values);
  std::vector<double> deviations;
  for (const double value : values) deviations.push_back(std::abs(value - median));
  const double far = kFarDeviations * 1.4826 * Median(deviations);
  std::vector<double> near;
  std::ranges::copy_if(values, std::back_inserter(near), [&](double value) { return std::abs(value - median) <= far; });
  return near;
}

double Variance(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  const double mean = sum / static_cast<double>(values.size());
  for (const double value : values) squares += (value - mean) * (value - mean);
  return squares / static_cast<double>(values.size() - 1);
}

LatencyEntry EntryOf(const std::vector<LatencyBlock>& blocks, const std::vector<bool>& slow) {
  std::vector<double> all, quick;
  for (const LatencyBlock& block : blocks) {
    all.push_back(block.milliseconds);
    if (!slow.at(static_cast<size_t>(block.visit))) quick.push_back(block.milliseconds);
  }
  const std::vector<double> kept = WithoutFar(quick.empty() ? all : quick);
  const MedianInterval interval = IntervalOfMedian(kept);
  return {.mean = interval.median,
          .count = std::ssize(kept),
          .var = Variance(kept),
          .low = interval.low,
          .high = interval.high,
          .outliers = std::ssize(all) - std::ssize(kept)};
}

LatencyConditions ConditionsFrom(const Json& json) {
  return {.machine = json.at("machine"),
          .device = json.at("device"),
          .threads = WholeAt(json, "threads"),
          .batch = WholeAt(json, "batch"),
          .kernels = json.at("kernels"),
          .danas = json.at("danas"),
          .date = json.at("date")};
}

// Numbers that TableOf() can work with.
bool IsWhole(const LatencySamples& samples) {
  const auto time = [](double ms) { return std::isfinite(ms) && ms >= 0; };
  return samples.rounds >= 0 && std::ranges::all_of(samples.reference_ms, time) &&
         std::ranges::all_of(samples.blocks, [&](const auto& of_key) {
           return !of_key.second.empty() && std::ranges::all_of(of_key.second, [&](const LatencyBlock& block) {
             return time(block.milliseconds) && block.visit >= 0 && block.visit < std::ssize(samples.reference_ms);
           });
         });
}

double MeanOf(const std::vector<double>& values, size_t begin, size_t end) {
  double sum = 0;
  for (size_t i = begin; i < end; ++i) sum += values[i];
  return sum / static_cast<double>(end - begin);
}

}  // namespace

std::string SamplesText(const LatencySamples& samples) {
  Json blocks = Json::object();
  for (const auto& [key, of_key] : samples.blocks) {
    Json& list = blocks[key] = Json::array();
    for (const LatencyBlock& block : of_key) list.push_back({block.visit, block.milliseconds});
  }
  return JsonText({{"subject", samples.subject},
                   {"conditions", LatencyConditionsJson(samples.conditions)},
                   {"rounds", samples.rounds},
                   {"reference_ms", samples.reference_ms},
                   {"blocks", std::move(blocks)}}) +
         "\n";
}

LatencySamples ParseSamples(std::string_view text, const std::string& name) {
  try {
    const Json json = ParseJson(text);
    LatencySamples samples{.subject = json.at("subject"),
                           .conditions = ConditionsFrom(json.at("conditions")),
                           .rounds = WholeAt(json, "rounds"),
                           .reference_ms = json.at("reference_ms"),
                           .blocks = {}};
    for (const auto& [key, list] : json.at("blocks").items()) {
      std::vector<LatencyBlock>& of_key = samples.blocks[key];
      for (const Json& block : list) {
        const Json& visit = block.at(0);
        const int64_t number = visit.is_number_unsigned() ? WholeAt({{"visit", visit}}, "visit") : -1;
        of_key.push_back({.visit = number, .milliseconds = block.at(1)});
      }
    }
    if (IsWhole(samples)) return samples;
  } catch (const Json::exception&) {  // reported below
  }
  throw ConfigError(name + " is not what a measurement of latencies leaves; move it away to begin anew");
}

std::vector<bool> SlowVisits(const std::vector<double>& reference_ms) {
  std::vector<bool> slow(reference_ms.size());
  if (reference_ms.empty()) return slow;
  const double most = kSlowVisit * LowerQuartile(reference_ms);
  for (size_t v = 0; v < slow.size(); ++v) slow[v] = reference_ms[v] > most;
  return slow;
}

LatencyTable TableOf(const LatencySamples& samples) {
  LatencyTable table{.measured_on = samples.conditions, .entries = {}};
  const std::vector<bool> slow = SlowVisits(samples.reference_ms);
  for (const auto& [key, blocks] : samples.blocks) table.entries[key] = EntryOf(blocks, slow);
  return table;
}

LatencyQuality QualityOf(const LatencySamples& samples, const LatencyTable& table) {
  LatencyQuality quality{.keys = std::ssize(table.entries), .visits = std::ssize(samples.reference_ms)};
  std::vector<double> quick;
  const std::vector<bool> slow = SlowVisits(samples.reference_ms);
  for (size_t v = 0; v < slow.size(); ++v) {
    if (slow[v]) ++quality.slow_visits;
    if (!slow[v]) quick.push_back(samples.reference_ms[v]);
  }
  if (const size_t third = quick.size() / 3; third > 0) {
    quality.drift = MeanOf(quick, quick.size() - third, quick.size()) / MeanOf(quick, 0, third) - 1;
  }
  double sum = 0;
  for (const auto& [key, entry] : table.entries) sum += entry.mean;
  std::vector<double> errors;
  for (const auto& [key, entry] : table.entries) {
    quality.blocks += entry.count + entry.outliers;
    quality.outliers += entry.outliers;
    const double error = entry.mean > 0 ? (entry.high - entry.low) / 2 / entry.mean : 0;
    errors.push_back(error);
    if (entry.mean * static_cast<double>(quality.keys) >= sum / 100) {
      quality.worst_error = std::max(quality.worst_error, error);
    }
  }
  quality.median_error = errors.empty() ? 0 : Median(errors);
  return quality;
}

}  // namespace danas
