#include "danas/latency/check.h"

#include <c10/core/InferenceMode.h>

#include <numeric>
#include <set>

#include "danas/core/error.h"
#include "danas/core/interrupt.h"
#include "danas/core/random.h"
#include "danas/core/statistics.h"
#include "danas/core/units.h"

namespace danas {
namespace {

constexpr uint64_t kMostDraws = 10'000;

void Visit(size_t network, const std::string& key, const LatencySchedule& schedule, TimedWholes& wholes,
           LatencySamples& round) {
  wholes.Build(network);
  const auto visit = std::ssize(round.reference_ms);
  const double before = wholes.Reference();
  std::vector<double> milliseconds = wholes.Passes(schedule.warmups + schedule.passes);
  milliseconds.erase(milliseconds.begin(), milliseconds.begin() + schedule.warmups);
  round.reference_ms.push_back((before + wholes.Reference()) / 2);
  round.blocks[key].push_back({.visit = visit, .milliseconds = Median(milliseconds)});
}

}  // namespace

std::vector<LatencyEntry> TimeWholes(const std::vector<size_t>& networks, const LatencySchedule& schedule,
                                     TimedWholes& wholes, const Clock& clock) {
  LatencySamples samples;
  const double end = clock() + schedule.seconds;
  bool in_time = true;
  while (in_time && samples.rounds < schedule.rounds) {
    LatencySamples round = samples;
    std::vector<size_t> order(networks.size());
    std::iota(order.begin(), order.end(), size_t{0});
    RandomStream(static_cast<uint64_t>(schedule.seed), "latency_wholes", {static_cast<uint64_t>(samples.rounds)})
        .Shuffle(order);
    for (const size_t place : order) {
      ThrowIfInterrupted();
      in_time = in_time && clock() < end;
      if (in_time) Visit(networks[place], std::to_string(place), schedule, wholes, round);
    }
    ++round.rounds;
    if (in_time) samples = std::move(round);
  }
  if (samples.rounds == 0) {
    throw ConfigError("not one round of the networks was over in " + FormatDuration(schedule.seconds) +
                      "; give more --minutes");
  }
  const LatencyTable table = TableOf(samples);
  std::vector<LatencyEntry> entries;
  for (size_t place = 0; place < networks.size(); ++place) entries.push_back(table.entries.at(std::to_string(place)));
  return entries;
}

DerivedNetworks::DerivedNetworks(std::vector<SearchSpace> networks, TimingSetup setup)
    : networks_(std::move(networks)),
      setup_(std::move(setup)),
      images_(TimedImages(networks_.front(), setup_)),
      watch_(setup_.device, 2),
      reference_(setup_.device) {}

void DerivedNetworks::Build(size_t network) {
  network_ = nullptr;
  network_ = MakeNetwork(networks_.at(network), setup_.how);
  MakeRunnable(*network_, {{}}, setup_);
}

std::vector<double> DerivedNetworks::Passes(int64_t count) {
  const c10::InferenceMode inference;
  std::vector<double> milliseconds;
  for (int64_t i = 0; i < count; ++i) {
    watch_.Start();
    const at::Tensor logits = network_->forward(images_);
    watch_.Mark();
    milliseconds.push_back(watch_.Milliseconds().front());
  }
  return milliseconds;
}

std::vector<std::vector<size_t>> NetworksToCheck(const SearchSpace& space, int64_t count, int64_t seed) {
  std::vector<std::vector<size_t>> networks;
  std::set<std::vector<size_t>> seen;
  for (uint64_t draw = 0; std::ssize(networks) < count && draw < kMostDraws; ++draw) {
    RandomStream stream(static_cast<uint64_t>(seed), "latency_check", {draw});
    std::vector<size_t> choice;
    for (const LayerSpec& layer : space.layers()) choice.push_back(stream.UniformInt(layer.candidates.size()));
    if (seen.insert(choice).second) networks.push_back(std::move(choice));
  }
  return networks;
}

MeasuredNetworks CheckTable(const SearchSpace& space, const CostTable& table, int64_t count,
                            const LatencySchedule& schedule, const MakeWholes& make_wholes, const Clock& clock) {
  const std::vector<std::vector<size_t>> choices = NetworksToCheck(space, count + 1, schedule.seed);
  if (choices.size() < 3) {
    throw ConfigError(space.name() + " has " + std::to_string(choices.size()) +
                      " networks; a check compares at least 2 beside one that is measured again and again");
  }
  std::vector<SearchSpace> networks;
  for (const std::vector<size_t>& choice : choices) networks.push_back(space.Select(choice));
  const size_t repeated = networks.size() - 1;
  std::vector<size_t> visited;
  for (size_t n = 0; n < repeated; ++n) {
    visited.push_back(n);
    visited.push_back(repeated);
  }
  const std::unique_ptr<TimedWholes> wholes = make_wholes(networks);
  const std::vector<LatencyEntry> entries = TimeWholes(visited, schedule, *wholes, clock);
  MeasuredNetworks measured;
  for (size_t n = 0; n < repeated; ++n) {
    measured.predicted.push_back(table.OfNetwork(choices[n]));
    measured.measured.push_back(entries[2 * n].mean);
    measured.repeats.push_back(entries[2 * n + 1].mean);
  }
  return measured;
}

LatencyEntry MeasureNetwork(const SearchSpace& network, const LatencySchedule& schedule, const TimingSetup& setup,
                            const Clock& clock) {
  DerivedNetworks whole({network}, setup);
  return TimeWholes({0}, schedule, whole, clock).front();
}

}  // namespace danas
