#include "danas/latency/measure_table.h"

#include <ATen/Parallel.h>

#include <chrono>
#include <ctime>

#include "danas/arch/space_file.h"
#include "danas/core/file.h"
#include "danas/core/hash.h"
#include "danas/core/log.h"
#include "danas/core/machine.h"
#include "danas/core/text_list.h"
#include "danas/core/utc_time.h"
#include "danas/run/device.h"

namespace danas {
namespace {

// Of what samples of one file have in common beside the conditions.
std::string SubjectOf(const SearchSpace& space, const LatencySchedule& schedule) {
  const Json subject = {ToJson(space), schedule.warmups, schedule.passes, schedule.seed};
  return HexText(HashText(JsonText(subject)));
}

LatencySamples Begin(const SearchSpace& space, const LatencySchedule& schedule, const LatencyConditions& conditions,
                     const std::filesystem::path& part) {
  LatencySamples fresh{.subject = SubjectOf(space, schedule), .conditions = conditions};
  if (!std::filesystem::exists(part)) return fresh;
  LatencySamples kept = ParseSamples(ReadFile(part), part.string());
  std::vector<std::string> differences = DifferencesFrom(kept.conditions, conditions);
  if (kept.conditions.danas != conditions.danas) {
    differences.push_back("danas is " + conditions.danas + ", not " + kept.conditions.danas);
  }
  if (kept.subject != fresh.subject) differences.emplace_back("the space, its input or the protocol is another");
  if (differences.empty()) return kept;
  log::warn("{} cannot be continued: {}. The measurement begins anew", part.string(), Joined(differences));
  return fresh;
}

}  // namespace

LatencyConditions ConditionsOf(const TimingSetup& setup, const std::string& version) {
  const bool cpu = setup.device.is_cpu();
  return {.machine = DescribeMachine(),
          .device = cpu ? "cpu" : DescribeDevice(setup.device),
          .threads = cpu ? at::get_num_threads() : 0,
          .batch = setup.batch,
          .kernels = KernelsOf(setup),
          .danas = version,
          .date = FormatUtc(std::time(nullptr))};
}

LatencyConditions OnnxConditionsOf(const TimingSetup& setup, const std::string& runtime, const std::string& version) {
  LatencyConditions conditions = ConditionsOf(setup, version);
  conditions.kernels = runtime;
  return conditions;
}

std::filesystem::path PartOf(const std::filesystem::path& table) { return table.string() + ".part"; }

MeasuredTable MeasureTableOf(TimedNetworks& networks, const Clock& clock, const SearchSpace& space,
                             const LatencySchedule& schedule, const LatencyConditions& conditions,
                             const std::filesystem::path& table) {
  const std::filesystem::path part = PartOf(table);
  LatencySamples samples = Begin(space, schedule, conditions, part);
  const int64_t before = samples.rounds;
  MeasureRounds(LatencyKeysOf(space), schedule, networks, clock, samples,
                [&](const LatencySamples& so_far) { WriteFileAtomically(part, SamplesText(so_far)); });
  MeasuredTable measured{.table = TableOf(samples), .quality = {}, .rounds = samples.rounds, .rounds_before = before};
  measured.quality = QualityOf(samples, measured.table);
  return measured;
}

MeasuredTable MeasureTable(const SearchSpace& space, const LatencySchedule& schedule, const TimingSetup& setup,
                           const std::string& version, const std::filesystem::path& table) {
  TimedSupernet networks(space, setup);
  return MeasureTableOf(networks, SteadyClock(), space, schedule, ConditionsOf(setup, version), table);
}

Clock SteadyClock() {
  return [] { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); };
}

}  // namespace danas
