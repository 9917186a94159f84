// danas bench loader: how long reading, decoding and augmenting a dataset takes on this machine.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <thread>

#include "bench_options.h"
#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "danas/core/interrupt.h"
#include "danas/core/json.h"
#include "danas/core/seconds_since.h"
#include "danas/data/subset.h"
#include "danas/data/transform.h"
#include "danas/report/bench_report.h"
#include "danas/train/loader.h"
#include "inputs.h"

namespace danas {
namespace {

constexpr int64_t kMostImagesLoaded = 20000;  // per pass, unless --images asks for more

// `count` images of the set, evenly spaced.
Subset Thinned(Subset set, int64_t count) {
  if (set.size() <= count) return set;
  for (int64_t i = 0; i < count; ++i) {
    const auto from = static_cast<size_t>(i * set.size() / count);
    set.images[static_cast<size_t>(i)] = set.images[from];
    set.targets[static_cast<size_t>(i)] = set.targets[from];
  }
  set.images.resize(static_cast<size_t>(count));
  set.targets.resize(static_cast<size_t>(count));
  return set;
}

double SecondsOfPass(Loader& loader, int64_t pass) {
  const auto start = std::chrono::steady_clock::now();
  loader.Start(pass);
  while (loader.Next()) ThrowIfInterrupted();
  return SecondsSince(start);
}

}  // namespace

int RunCommand(const BenchLoaderOptions& options, const Call&) {
  Config config = ReadConfig(options.config);
  if (!config.data.NamesDataset()) {
    throw ConfigError("no dataset is specified. Give its folder with --data, or set data.root in the config");
  }
  if (options.batch > 0) config.train.batch = options.batch;
  const auto dataset = std::make_shared<const DatasetIndex>(OpenTrainingSet(config.data));
  const Subset set = Thinned(WholeSet(dataset), options.images > 0 ? options.images : kMostImagesLoaded);
  const int channels = LoadSpace(config.space).space.input_channels();
  std::vector<int64_t> workers = options.workers;
  if (workers.empty()) workers = {1, std::max<int64_t>(1, std::thread::hardware_concurrency())};
  workers.erase(std::unique(workers.begin(), workers.end()), workers.end());

  LoaderBench bench{.dataset = dataset->name, .images = set.size(), .batch = config.train.batch};
  for (const int64_t count : workers) {
    Loader loader(set, std::make_shared<const Transform>(config.data, ImageUse::kTrain, config.seed, channels),
                  {.batch = config.train.batch,
                   .shuffle = true,
                   .workers = count,
                   .queue = config.data.queue,
                   .seed = config.seed});
    LoaderBench::Run run{.workers = count};
    SecondsOfPass(loader, 0);  // files enter the system's cache
    for (int64_t pass = 1; pass <= options.passes; ++pass) run.seconds.push_back(SecondsOfPass(loader, pass));
    bench.runs.push_back(std::move(run));
  }
  std::cout << (options.json ? JsonText(BenchJson(bench), 2) + "\n" : BenchText(bench));
  return 0;
}

}  // namespace danas
