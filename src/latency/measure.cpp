#include "danas/latency/measure.h"

#include <algorithm>

#include "danas/core/error.h"
#include "danas/core/interrupt.h"
#include "danas/core/random.h"
#include "danas/core/statistics.h"
#include "danas/core/units.h"

namespace danas {
namespace {

std::vector<size_t> CandidateCounts(const LatencyKeys& keys) {
  std::vector<size_t> counts;
  for (const std::vector<std::string>& of_layer : keys.candidates_lc) counts.push_back(of_layer.size());
  return counts;
}

// Adds the medians of the visit's passes.
void Visit(const LatencyKeys& keys, const LatencySchedule& schedule, const std::vector<size_t>& choice,
           TimedNetworks& networks, LatencySamples& round) {
  const auto visit = std::ssize(round.reference_ms);
  const std::vector<std::string> parts = keys.OfNetwork(choice);
  std::vector<std::vector<double>> of_part(parts.size());
  const double before = networks.Reference();
  const auto passes = networks.Passes(choice, schedule.warmups + schedule.passes);
  for (auto i = static_cast<size_t>(schedule.warmups); i < passes.size(); ++i) {
    for (size_t p = 0; p < parts.size(); ++p) of_part[p].push_back(passes[i].at(p));
  }
  round.reference_ms.push_back((before + networks.Reference()) / 2);
  for (size_t p = 0; p < parts.size(); ++p) {
    if (!parts[p].empty()) round.blocks[parts[p]].push_back({.visit = visit, .milliseconds = Median(of_part[p])});
  }
}

void RequireEnough(const LatencySchedule& schedule, const LatencySamples& samples) {
  if (samples.rounds >= std::min(schedule.least_rounds, schedule.rounds)) return;
  throw ConfigError("only " + std::to_string(samples.rounds) + " rounds of all candidates were over in " +
                    FormatDuration(schedule.seconds) + "; a table takes " + std::to_string(schedule.least_rounds) +
                    ". They are kept: give the same command again to continue, or more --minutes");
}

}  // namespace

std::vector<std::vector<size_t>> NetworksOfRound(const std::vector<size_t>& candidates_l, int64_t round, int64_t seed) {
  const size_t count = candidates_l.empty() ? 1 : std::ranges::max(candidates_l);
  std::vector<std::vector<size_t>> networks(count, std::vector<size_t>(candidates_l.size()));
  for (size_t l = 0; l < candidates_l.size(); ++l) {
    RandomStream stream(static_cast<uint64_t>(seed), "latency", {static_cast<uint64_t>(round), l});
    std::vector<size_t> turn;
    for (size_t n = 0; n < count; ++n) {
      if (n % candidates_l[l] == 0) {
        turn.clear();
        for (size_t c = 0; c < candidates_l[l]; ++c) turn.push_back(c);
        stream.Shuffle(turn);
      }
      networks[n][l] = turn[n % candidates_l[l]];
    }
  }
  return networks;
}

void MeasureRounds(const LatencyKeys& keys, const LatencySchedule& schedule, TimedNetworks& networks,
                   const Clock& clock, LatencySamples& samples,
                   const std::function<void(const LatencySamples&)>& keep) {
  const std::vector<size_t> counts = CandidateCounts(keys);
  const double end = clock() + schedule.seconds;
  while (samples.rounds < schedule.rounds) {
    LatencySamples round = samples;
    networks.BeginRound();
    for (const std::vector<size_t>& choice : NetworksOfRound(counts, samples.rounds, schedule.seed)) {
      ThrowIfInterrupted();
      if (clock() >= end) return RequireEnough(schedule, samples);
      Visit(keys, schedule, choice, networks, round);
    }
    ++round.rounds;
    samples = std::move(round);
    keep(samples);
  }
}

}  // namespace danas
