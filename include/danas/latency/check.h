// Derived networks timed as wholes: how far the sums of a table are from them, and what a found network takes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "danas/arch/space.h"
#include "danas/cost/latency_agreement.h"
#include "danas/latency/measure.h"
#include "danas/latency/timed_supernet.h"

namespace danas {

// What is timed: one network at a time, by its number.
class TimedWholes {
 public:
  virtual ~TimedWholes() = default;
  virtual void Build(size_t network) = 0;                 // anew, in fresh memory; Passes() are of it
  virtual std::vector<double> Passes(int64_t count) = 0;  // milliseconds of each of so many in a row
  virtual double Reference() = 0;                         // as of TimedNetworks
};

// Visits every network of the list once a round, in a random order; one that stands in it twice is measured twice, as
// two. The schedule's passes and warm-ups are of a visit. Entries are those of TableOf(), one for each place in the
// list. Throws Interrupted, and ConfigError where no round is over when the schedule's time is up.
std::vector<LatencyEntry> TimeWholes(const std::vector<size_t>& networks, const LatencySchedule& schedule,
                                     TimedWholes& wholes, const Clock& clock);

class DerivedNetworks : public TimedWholes {
 public:
  DerivedNetworks(std::vector<SearchSpace> networks, TimingSetup setup);

  void Build(size_t network) override;
  std::vector<double> Passes(int64_t count) override;
  double Reference() override { return reference_.Milliseconds(); }

 private:
  std::vector<SearchSpace> networks_;
  TimingSetup setup_;
  std::shared_ptr<Supernet> network_;
  at::Tensor images_;
  Stopwatch watch_;
  ReferenceKernel reference_;
};

// Candidates drawn evenly, different networks as far as the space has them: the stream ("latency_check", number).
std::vector<std::vector<size_t>> NetworksToCheck(const SearchSpace& space, int64_t count, int64_t seed);

// How networks are timed that TimeWholes() shall visit: their place in the list is their number.
using MakeWholes = std::function<std::unique_ptr<TimedWholes>(const std::vector<SearchSpace>& networks)>;

// `count` networks of the space beside as many measurements of one more, by the costs of `table`.
MeasuredNetworks CheckTable(const SearchSpace& space, const CostTable& table, int64_t count,
                            const LatencySchedule& schedule, const MakeWholes& make_wholes, const Clock& clock);

// What one network takes, with its interval.
LatencyEntry MeasureNetwork(const SearchSpace& network, const LatencySchedule& schedule, const TimingSetup& setup,
                            const Clock& clock);

}  // namespace danas
