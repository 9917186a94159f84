// Milliseconds of a search's two steps on random images, through danas's own parts: w_step (draw, forward, loss,
// backward, SGD on the weights) and alpha_step (weights frozen, the cost in the loss, Adam on α). One JSON line for
// each, with the largest memory over that of the process before the network was built. See docs/benchmarks.md.
//
// supernet_bench [--skeleton small|proxyless|shuffle] [--input HxW] [--batch N] [--steps N] [--warmup N] [--prune-to N]
//                [--threads N] [--seed N] [--kernels fused|aten] [--recompute none|layer]
// small: the space mobile_small, 8 layers; proxyless: mobile, 21 layers; shuffle: shuffle, 20 layers; six candidates a
// layer. --prune-to K keeps candidates l, l + 1, ... l + K - 1 (modulo 6) of the l-th layer with a choice.

#include <iostream>
#include <string>
#include <vector>

#include "tests/bench/bench_main.h"
#include "tests/bench/supernet_options.h"

namespace danas {
namespace {

void Run(const std::vector<std::string>& words) {
  SupernetBenchOptions options;
  ParseOptions(words, SettersOf(options));
  CheckOptions(options);
  const SearchSpace space = MakeSpace(options);
  const auto cost = MakeMacsModel();
  const Config config = MakeConfig(options, MakeCostTable(*cost, space).Mean());
  OpenDevice(config.runtime, config.seed);
  const auto base_bytes = static_cast<double>(ResidentBytes());

  TrialSteps trial(config, space, *cost, at::kCPU, options.batch);
  const auto measure = [&](const char* name, const std::function<double()>& step) {
    Json about = AboutOf(options);
    about["measure"] = name;
    PrintMeasure(about, options.batch, options.warmup, options.steps, base_bytes, step);
  };
  measure("w_step", [&] { return trial.StepWeights(); });
  measure("alpha_step", [&] { return trial.StepArchitecture(); });
}

}  // namespace
}  // namespace danas

int main(int count, char** words) {
  return danas::BenchMain("supernet_bench", count, words, [](const std::vector<std::string>& given) {
    danas::Run(given);
    return 0;
  });
}
