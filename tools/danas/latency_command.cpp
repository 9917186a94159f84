// danas latency: measures a latency table, and compares its sums with whole networks.
#include <filesystem>
#include <iostream>
#include <memory>

#include "danas/arch/genotype.h"
#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/log.h"
#include "danas/core/text_list.h"
#include "danas/core/units.h"
#include "danas/latency/check.h"
#include "danas/latency/measure_table.h"
#include "danas/latency/timed_onnx.h"
#include "danas/nn/thread_pool.h"
#include "danas/report/latency_report.h"
#include "danas/run/device.h"
#include "inputs.h"
#include "latency_options.h"
#include "version_info.h"

namespace danas {
namespace {

constexpr int64_t kCheckRounds = 10;

SearchSpace ReadSpace(const LatencyOptions& options) {
  if (options.space.empty() == options.arch.empty()) {
    throw UsageError("exactly one of --space and --arch is required. See danas latency --help");
  }
  if (!options.space.empty()) {
    const LoadedSpace loaded = LoadSpace(options.space, options.input.size, options.input.classes);
    for (const std::string& note : loaded.notes) log::debug("{}", note);
    return loaded.space;
  }
  SearchSpace network = ReadGenotype(options.arch).network;
  if (options.input.size != Size{}) network = network.WithInput(options.input.size);
  if (options.input.classes > 0) network = network.WithClasses(options.input.classes);
  return network;
}

LatencyTable ReadTableToCheck(const LatencyOptions& options, const LatencyConditions& here) {
  LatencyTable table = ReadLatencyTable(options.table);
  if (!table.measured_on) {
    log::warn("{} does not say what it was measured on", options.table);
    return table;
  }
  const std::vector<std::string> differences = DifferencesFrom(*table.measured_on, here);
  if (!differences.empty()) log::warn("{} holds elsewhere: {}", options.table, Joined(differences));
  return table;
}

Config ReadLatencyConfig(const LatencyOptions& options) {
  Config config = ReadConfig(options.config);
  if (options.runtime != "onnx") {
    if (!options.python.empty()) throw UsageError("--python FILE is for --runtime onnx");
    return config;
  }
  if (config.runtime.device != "auto" && config.runtime.device != "cpu") {
    throw UsageError("--runtime onnx measures on the CPU, not on " + config.runtime.device +
                     "; give --device cpu, or measure with danas's own kernels");
  }
  config.runtime.device = "cpu";
  return config;
}

// What computes the networks that are timed.
struct Subject {
  TimingSetup setup;
  std::unique_ptr<OnnxRuntime> onnx;  // null: danas
  LatencyConditions conditions;

  std::unique_ptr<TimedNetworks> Networks(const SearchSpace& space) const {
    if (onnx) return std::make_unique<TimedOnnx>(*onnx, space, setup);
    return std::make_unique<TimedSupernet>(space, setup);
  }
  std::unique_ptr<TimedWholes> Wholes(const std::vector<SearchSpace>& networks) const {
    if (onnx) return std::make_unique<OnnxWholes>(*onnx, networks, setup);
    return std::make_unique<DerivedNetworks>(networks, setup);
  }
};

Subject OpenSubject(const LatencyOptions& options, const TimingSetup& setup) {
  Subject subject{.setup = setup, .onnx = nullptr, .conditions = ConditionsOf(setup, VersionLine())};
  if (options.runtime == "onnx") {
    subject.onnx = std::make_unique<OnnxRuntime>(options.python.empty() ? "python3" : options.python);
    subject.conditions = OnnxConditionsOf(setup, subject.onnx->name(), VersionLine());
  }
  return subject;
}

}  // namespace

int RunCommand(const LatencyOptions& options, const Call&) {
  if (!options.table.empty() && options.check == 0) throw UsageError("--table FILE is for --check N");
  const Config config = ReadLatencyConfig(options);
  const SearchSpace space = ReadSpace(options);
  if (options.check > 0 && space.IsNetwork()) {
    throw UsageError("--check compares networks of a space, and " + space.name() + " is one network. Give --space");
  }
  const at::Device device = OpenDevice(config.runtime, config.seed);
  LendThreadPool();
  const Subject subject = OpenSubject(
      options,
      {.how = config.nn, .runtime = config.runtime, .device = device, .batch = options.batch, .seed = config.seed});
  const LatencySchedule schedule{.rounds = options.rounds, .seconds = 60 * options.minutes, .seed = config.seed};
  LatencyReport report{.space = space.name(),
                       .input = std::to_string(space.input().height) + "x" + std::to_string(space.input().width),
                       .file = options.table,
                       .conditions = subject.conditions};
  LatencyTable table;
  if (options.table.empty()) {
    const std::string file = options.out.empty() ? "latency-" + space.name() + ".yaml" : options.out;
    MeasuredTable measured =
        MeasureTableOf(*subject.Networks(space), SteadyClock(), space, schedule, subject.conditions, file);
    WriteFileAtomically(file, LatencyTableText(measured.table));
    std::filesystem::remove(PartOf(file));
    table = std::move(measured.table);
    report.file = file;
    report.quality = measured.quality;
    report.rounds = measured.rounds;
    report.rounds_before = measured.rounds_before;
    report.conditions = *table.measured_on;
  } else {
    table = ReadTableToCheck(options, report.conditions);
  }
  report.costs = MakeCostTable(*MakeLatencyModel(table, report.file), space);
  if (options.check > 0) {
    LatencySchedule of_check = schedule;
    of_check.rounds = kCheckRounds;
    report.networks = CheckTable(
        space, report.costs, options.check, of_check,
        [&](const std::vector<SearchSpace>& networks) { return subject.Wholes(networks); }, SteadyClock());
    report.check = AgreementOf(report.networks);
  }
  std::cout << (options.json ? JsonText(LatencyJson(report), 2) + "\n" : LatencyText(report));
  return 0;
}

}  // namespace danas
