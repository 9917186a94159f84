// danas bench supernet: how long the steps of a search take on this machine.
#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <memory>
#include <numeric>

#include "bench_options.h"
#include "bench_profile.h"
#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "danas/core/interrupt.h"
#include "danas/core/log.h"
#include "danas/core/pass_work.h"
#include "danas/core/processor_time.h"
#include "danas/core/seconds_since.h"
#include "danas/core/statistics.h"
#include "danas/data/subset.h"
#include "danas/kernels/level.h"
#include "danas/kernels/machine.h"
#include "danas/kernels/parallel.h"
#include "danas/nn/fused_layer.h"
#include "danas/nn/thread_pool.h"
#include "danas/report/bench_report.h"
#include "danas/run/device.h"
#include "danas/run/memory.h"
#include "danas/search/make_plan.h"
#include "danas/search/trial_steps.h"
#include "inputs.h"

namespace danas {
namespace {

constexpr int64_t kMostImagesOnCpu = 32;  // per step, unless --batch asks for more

SearchSpace ReadSpace(const BenchSupernetOptions& options, const Config& config, int classes) {
  const LoadedSpace loaded = options.space.empty() ? LoadSpaceOf(config, classes) : LoadSpace(options.space);
  for (const std::string& note : loaded.notes) log::debug("{}", note);
  return loaded.space;
}

// Images of every class: from the dataset, or --images shared out evenly; empty if neither is known.
ClassCounts CountsFor(const BenchSupernetOptions& options, const Config& config, const SearchSpace& space,
                      const std::shared_ptr<const DatasetIndex>& dataset) {
  if (options.images > 0) return EvenCounts(options.images, space.classes(), config.data);
  if (!dataset) return {};
  std::vector<int> order(dataset->classes.ids.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
  return CountImages(SplitTrainingSet(dataset, config.data, config.seed), order);
}

std::vector<NnConfig> WaysFor(const BenchSupernetOptions& options, at::Device device) {
  std::vector<std::string> kernels = options.kernels;
  if (kernels.empty()) {
    if (HasFusedKernels(KernelChoice::kAuto, device)) kernels.emplace_back("fused");
    kernels.emplace_back("aten");
  }
  std::vector<NnConfig> ways;
  for (const std::string& name : kernels) {
    const KernelChoice choice = name == "fused" ? KernelChoice::kFused : KernelChoice::kAten;
    DescribeKernels(choice, device);  // throws if they are not available
    for (const std::string& recompute :
         options.recompute.empty() ? std::vector<std::string>{"none"} : options.recompute) {
      ways.push_back(
          {.kernels = choice, .recompute = recompute == "layer" ? RecomputeKind::kLayer : RecomputeKind::kNone});
    }
  }
  return ways;
}

double MedianOf(int64_t steps, const std::function<double()>& step) {
  std::vector<double> seconds;
  for (int64_t i = 0; i <= steps; ++i) {
    ThrowIfInterrupted();
    const double taken = step();
    if (i > 0) seconds.push_back(taken);  // the first warms up
  }
  return Median(seconds);
}

double UsedBytes(at::Device device) {
  return static_cast<double>(device.is_cpu() ? PeakResidentBytes() : PeakDeviceBytes(device));
}

// One configuration's turn in a round. The network is rebuilt, so that its memory is measured on its own.
void TakeTurn(const BenchSupernetOptions& options, Config config, const NnConfig& how, const SearchSpace& space,
              const CostModel& cost, at::Device device, int64_t images, BenchedWay& way) {
  config.nn = how;
  ResetPeakBytes(device);
  const double before = UsedBytes(device);
  TrialSteps trial(config, space, cost, device, images);
  const auto start = std::chrono::steady_clock::now();
  const double used = ProcessorSeconds();
  way.weight_seconds.push_back(MedianOf(options.steps, [&] { return trial.StepWeights(); }));
  way.alpha_seconds.push_back(MedianOf(options.steps, [&] { return trial.StepArchitecture(); }));
  const double wall = SecondsSince(start);
  way.busy_cores.push_back((ProcessorSeconds() - used) / wall);
  way.growth_bytes.push_back(UsedBytes(device) - before);
}

// The yardsticks of a step's work: see SupernetBench.
void SetWork(const SearchSpace& space, SupernetBench& bench) {
  const CostTable macs = MakeCostTable(*MakeMacsModel(), space), weights = MakeCostTable(*MakeParametersModel(), space);
  const auto sum = [](const CostTable& costs) {
    double total = costs.fixed;
    for (const auto& layer : costs.candidates_lc) total += std::accumulate(layer.begin(), layer.end(), 0.0);
    return total;
  };
  double in_elements = 0, out_elements = 0;
  for (const LayerSpec& layer : space.layers()) {
    const Size in = layer.shape.input, out = layer.shape.output();
    in_elements += static_cast<double>(layer.shape.in) * in.height * in.width;
    out_elements += static_cast<double>(layer.shape.out) * out.height * out.width;
  }
  const auto images = static_cast<double>(bench.images);
  bench.weight_macs = WeightPassWork(sum(macs), bench.images);
  bench.alpha_macs = ArchitecturePassWork(sum(macs), bench.images);
  const double maps = 4 * images * (3 * in_elements + 2 * out_elements);  // x twice, dx, y, dy
  // Weights are read twice, their gradient written and read, momentum and weight read and written.
  bench.weight_bytes = maps + 4 * 8 * sum(weights);
  bench.alpha_bytes = maps + 4 * 2 * sum(weights);
}

double PredictedSeconds(const Config& config, const SearchSpace& space, const ClassCounts& counts, at::Device device,
                        const SupernetBench& bench, const BenchedWay& way) {
  const auto images = static_cast<double>(bench.images);
  const StepTimes times{.weight_seconds = Median(way.weight_seconds) / images,
                        .alpha_seconds = Median(way.alpha_seconds) / images};
  return MakeSearchPlan(config, space, *MakeCostModel(config.search), counts, device, times).seconds();
}

SupernetBench StartBench(const BenchSupernetOptions& options, const Config& config, const SearchSpace& space,
                         at::Device device) {
  SupernetBench bench{.space = space.name(),
                      .input = std::to_string(space.input().height) + "x" + std::to_string(space.input().width),
                      .device = DescribeDevice(device),
                      .images = config.train.micro_batch > 0 ? config.train.micro_batch : config.train.batch,
                      .steps = options.steps};
  if (device.is_cpu()) {
    if (options.batch == 0) bench.images = std::min(bench.images, kMostImagesOnCpu);
    bench.level = kernels::Level();
    LendThreadPool();
    bench.machine = {.threads = kernels::Threads(),
                     .multiply_adds_of_one = kernels::MeasureMultiplyAdds(1),
                     .multiply_adds_of_all = kernels::MeasureMultiplyAdds(kernels::Threads()),
                     .bytes_of_one = kernels::MeasureBandwidth(1),
                     .bytes_of_all = kernels::MeasureBandwidth(kernels::Threads())};
  }
  SetWork(space, bench);
  return bench;
}

void RunRounds(const BenchSupernetOptions& options, const Config& config, const SearchSpace& space, at::Device device,
               SupernetBench& bench) {
  const std::vector<NnConfig> ways = WaysFor(options, device);
  for (const NnConfig& how : ways) {
    bench.ways.push_back({.kernels = NameOf(how.kernels), .recompute = NameOf(how.recompute)});
  }
  const std::shared_ptr<const CostModel> cost = MakeMacsModel();
  for (int64_t round = 0; round < options.rounds; ++round) {
    for (size_t i = 0; i < ways.size(); ++i) {
      const size_t turn = (i + static_cast<size_t>(round)) % ways.size();  // slow minutes fall on all of them
      TakeTurn(options, config, ways[turn], space, *cost, device, bench.images, bench.ways[turn]);
    }
    log::info("round {} of {}", round + 1, options.rounds);
  }
}

}  // namespace

int RunCommand(const BenchSupernetOptions& options, const Call&) {
  if (options.space.empty() == options.config.config.empty()) {
    throw UsageError("exactly one of --config and --space is required. See danas bench supernet --help");
  }
  CheckProfileFile(options.profile);
  Config config = ReadConfig(options.config);
  if (options.batch > 0) {
    config.train.batch = options.batch;
    config.train.micro_batch = 0;
  }
  const bool predicts = options.space.empty();  // a space alone determines neither phases nor images
  const at::Device device = OpenDevice(config.runtime, config.seed);
  std::shared_ptr<const DatasetIndex> dataset;
  if (predicts && options.images == 0 && config.data.NamesDataset()) {
    dataset = std::make_shared<const DatasetIndex>(OpenTrainingSet(config.data));
  }
  const SearchSpace space = ReadSpace(options, config, dataset ? static_cast<int>(dataset->classes.ids.size()) : 0);
  SupernetBench bench = StartBench(options, config, space, device);
  RunRounds(options, config, space, device, bench);

  const ClassCounts counts = predicts ? CountsFor(options, config, space, dataset) : ClassCounts{};
  if (!counts.weights.empty()) {
    for (BenchedWay& way : bench.ways) {
      way.search_seconds = PredictedSeconds(config, space, counts, device, bench, way);
    }
  }
  Json json = BenchJson(bench);
  if (!options.profile.empty()) {
    json["profiles"] =
        WriteProfiles(options.profile, config, WaysFor(options, device), space, *MakeMacsModel(), device, bench);
  }
  std::cout << (options.json ? JsonText(json, 2) + "\n" : BenchText(bench));
  if (predicts && counts.weights.empty()) {
    log::info("predicting a whole search needs the number of its images: give the dataset with --data, or --images N");
  }
  return 0;
}

}  // namespace danas
