// Milliseconds of scoring random networks of the space mobile_small with a supernet's weights: each network's loss on
// some batches of random images, every batch normalised by its own statistics. What networks share from the stem on is
// computed once. The same in plain PyTorch: plain_scores.py. See docs/benchmarks.md.
//
// score_bench [--networks N] [--images N] [--batch N] [--threads N] [--seed N] [--kernels fused|aten] [--steps N]
//             [--warmup N] [--input HxW]

#include <chrono>
#include <cmath>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "danas/core/random.h"
#include "danas/core/seconds_since.h"
#include "danas/nn/supernet.h"
#include "src/search/subnet_runner.h"
#include "tests/bench/bench_main.h"
#include "tests/bench/supernet_options.h"

namespace danas {
namespace {

std::vector<std::vector<size_t>> DrawNetworks(const SearchSpace& space, int64_t count, int64_t seed) {
  if (static_cast<double>(count) > space.NetworkCount()) throw UsageError("--networks: the space has fewer");
  RandomStream random(static_cast<uint64_t>(seed), "networks");
  std::set<std::vector<size_t>> networks;
  while (networks.size() < static_cast<size_t>(count)) {
    std::vector<size_t> network;
    for (const LayerSpec& layer : space.layers()) network.push_back(random.UniformInt(layer.candidates.size()));
    networks.insert(network);
  }
  return {networks.begin(), networks.end()};
}

void Run(const std::vector<std::string>& words) {
  SupernetBenchOptions options;
  options.batch = 125;
  options.steps = 1;
  options.warmup = 1;
  int64_t network_count = 16, images = 250;
  std::map<std::string, Setter> setters = SettersOf(options);
  setters["--networks"] = SetNumber(network_count);
  setters["--images"] = SetNumber(images);
  ParseOptions(words, setters);
  CheckOptions(options);
  if (images % options.batch != 0) throw UsageError("--images is a multiple of --batch");
  const SearchSpace space = MakeSpace(options);
  const Config config = MakeConfig(options, 1);
  OpenDevice(config.runtime, config.seed);
  const auto base_bytes = static_cast<double>(ResidentBytes());
  const auto supernet = std::make_shared<Supernet>(space, SupernetOptions{.affine = false, .how = options.how});
  InitializeWeights(*supernet, config.seed);
  MoveTo(*supernet, at::kCPU, config.runtime);
  SubnetRunner runner(*supernet, DrawNetworks(space, network_count, options.seed), config.runtime);
  const at::Tensor batch = at::randn({options.batch, 3, options.input.height, options.input.width})
                               .contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor targets = at::randint(space.classes(), {options.batch}, at::kLong);
  Json about = AboutOf(options);
  about["measure"] = "scores";
  PrintMeasure(about, images * network_count, options.warmup, options.steps, base_bytes, [&] {
    const auto start = std::chrono::steady_clock::now();
    double loss = 0;
    for (int64_t done = 0; done < images; done += options.batch) {
      for (SubnetRunner::Walk walk = runner.Run(batch); walk.Next();) {
        loss += at::cross_entropy_loss(walk.Logits(), targets).item<double>();
      }
    }
    if (!std::isfinite(loss)) throw DataError("the losses are not finite");
    return SecondsSince(start);
  });
}

}  // namespace
}  // namespace danas

int main(int count, char** words) {
  return danas::BenchMain("score_bench", count, words, [](const std::vector<std::string>& given) {
    danas::Run(given);
    return 0;
  });
}
