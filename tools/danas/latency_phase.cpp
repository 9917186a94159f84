#include "latency_phase.h"

#include "danas/core/file.h"
#include "danas/core/log.h"
#include "danas/core/text_list.h"
#include "danas/core/units.h"
#include "danas/cost/latency_table.h"
#include "danas/latency/check.h"
#include "danas/latency/measure_table.h"
#include "danas/report/latency_report.h"
#include "version_info.h"

namespace danas {
namespace {

constexpr const char* kTableFile = "latency.yaml";
constexpr double kMostSecondsOfFind = 60;

TimingSetup SetupOf(const Config& config, at::Device device, int64_t batch) {
  return {.how = config.nn, .runtime = config.runtime, .device = device, .batch = batch, .seed = config.seed};
}

void MeasureInto(const std::filesystem::path& file, const Config& config, const SearchSpace& space, at::Device device) {
  const TimingSetup setup = SetupOf(config, device, /*batch=*/1);
  log::info("measuring the latency of all candidates: {}", ConditionsText(ConditionsOf(setup, VersionLine())));
  const MeasuredTable measured = MeasureTable(space, {.seed = config.seed}, setup, VersionLine(), file);
  WriteFileAtomically(file, LatencyTableText(measured.table));
  std::filesystem::remove(PartOf(file));
  log::info("{}: {} keys, {} rounds, 95 % interval ±{} in the median key", file.string(), measured.quality.keys,
            measured.rounds, FormatPercent(measured.quality.median_error));
}

// "12.31 ms [12.20, 12.45]"
std::string IntervalText(const LatencyEntry& measured) {
  return FormatCost(measured.mean, "ms", 3) + " [" + FormatDecimals(measured.low, 3) + ", " +
         FormatDecimals(measured.high, 3) + "]";
}

}  // namespace

bool MeasuresTable(const SearchConfig& search) {
  return search.cost == CostKind::kLatency && search.latency_table == kMeasureLatency;
}

std::filesystem::path LatencyTableOf(const SearchConfig& search, const std::filesystem::path& run) {
  return MeasuresTable(search) ? run / kTableFile : std::filesystem::path(search.latency_table);
}

std::unique_ptr<CostModel> CostModelOfRun(const SearchConfig& search, const std::filesystem::path& run) {
  return MeasuresTable(search) ? ReadLatencyModel(LatencyTableOf(search, run)) : MakeCostModel(search);
}

std::shared_ptr<const CostModel> MeasureRunTable(const Config& config, const SearchSpace& space, at::Device device,
                                                 const Ranks& ranks, const RunFolder* folder) {
  std::string name = kTableFile;
  const std::string text = ranks.FromFirst([&] {
    const std::filesystem::path file = *folder / kTableFile;
    if (!std::filesystem::exists(file)) MeasureInto(file, config, space, device);
    return ReadFile(file);
  });
  if (folder != nullptr) name = (*folder / kTableFile).string();
  return MakeLatencyModel(ParseLatencyTable(text, name), name);
}

void MeasureFind(const TimedFind& find, const Config& config, at::Device device, const std::filesystem::path& file) {
  const LatencyTable table = ReadLatencyTable(find.table);
  if (!table.measured_on) return;
  const TimingSetup setup = SetupOf(config, device, table.measured_on->batch);
  const LatencyConditions here = ConditionsOf(setup, VersionLine());
  if (const auto differences = DifferencesFrom(*table.measured_on, here); !differences.empty()) {
    log::info("the network's latency is not measured here, since {} holds elsewhere: {}", find.table.string(),
              Joined(differences));
    return;
  }
  const double predicted =
      MakeCostTable(*MakeLatencyModel(table, find.table.string()), find.network).Least();  // of one network: its cost
  const LatencyEntry measured =
      MeasureNetwork(find.network, {.seconds = kMostSecondsOfFind, .seed = config.seed}, setup, SteadyClock());
  const bool within = measured.mean <= find.most_ms;
  const std::string text = "the network takes " + IntervalText(measured) + " as a whole, by the table " +
                           FormatCost(predicted, "ms", 3) + "; the limit is " + FormatCost(find.most_ms, "ms", 3);
  const std::string reached = measured.low <= find.most_ms ? ", which its interval reaches" : "";
  if (within) log::info("{}", text);
  if (!within) log::warn("{}: it misses the limit{}", text, reached);
  WriteFileAtomically(
      file, JsonText({{"predicted", predicted},
                      {"measured", {{"value", measured.mean}, {"low", measured.low}, {"high", measured.high}}},
                      {"limit", find.most_ms},
                      {"within", within},
                      {"measured_on", LatencyConditionsJson(here)}},
                     2) +
                "\n");
}

}  // namespace danas
