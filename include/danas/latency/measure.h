// The protocol by which a latency table is measured. Parts are timed where they will run: inside whole networks, from
// one part's end to the next one's, so that caches, memory and threads are as a network finds them, and the parts of a
// network sum to all of it. Every round draws networks in which each candidate of each layer stands at least once;
// candidates take turns in random order. See docs/latency.md.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "danas/cost/latency_samples.h"

namespace danas {

// What is timed; choices are one candidate a layer.
class TimedNetworks {
 public:
  virtual ~TimedNetworks() = default;

  // Memory anew, where the subject has any: a table should not tell one allocation's luck.
  virtual void BeginRound() = 0;

  // Milliseconds of each part, as LatencyKeys::OfNetwork() lists them, of so many passes of the network in a row:
  // [pass][part].
  virtual std::vector<std::vector<double>> Passes(const std::vector<size_t>& choice, int64_t count) = 0;

  // Milliseconds of work that is always the same.
  virtual double Reference() = 0;
};

struct LatencySchedule {
  int64_t rounds = 20;
  int64_t least_rounds = 3;  // that make a table
  int64_t warmups = 2;       // untimed passes of a visit
  int64_t passes = 9;        // timed ones
  double seconds = 600;      // after which no visit begins
  int64_t seed = 0;
};

using Clock = std::function<double()>;  // seconds, rising

// The networks of a round, [network][layer]: as many as the longest list of candidates, each candidate once or, in
// shorter lists, in turns. Drawn from the stream ("latency", round, layer) of the seed.
std::vector<std::vector<size_t>> NetworksOfRound(const std::vector<size_t>& candidates_l, int64_t round, int64_t seed);

// Continues `samples` up to the schedule's rounds or its time; a round cut short counts for nothing. `keep` is called
// after every round. Throws Interrupted between visits, and ConfigError where fewer than `least_rounds` are over when
// the time is up: the samples are then with `keep`.
void MeasureRounds(const LatencyKeys& keys, const LatencySchedule& schedule, TimedNetworks& networks,
                   const Clock& clock, LatencySamples& samples, const std::function<void(const LatencySamples&)>& keep);

}  // namespace danas
