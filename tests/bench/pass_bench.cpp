// Time of every pass of the fused kernels over the inverted residuals of a space, against what the processor can
// multiply: which pass is slow. The network itself is not built: layer by layer, on random numbers.
//
// pass_bench [--skeleton small|proxyless | --arch FILE] [--input HxW] [--batch N] [--steps N] [--warmup N]
//            [--prune-to N] [--threads N] [--layers yes] [--layer N]
// --arch: a network such as best.json, with affine norms. --layers: a table by layer, too. --layer: only the N-th with
// inverted residuals, from 0 on.
#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <deque>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "danas/arch/genotype.h"
#include "danas/core/seconds_since.h"
#include "danas/kernels/level.h"
#include "danas/kernels/machine.h"
#include "danas/kernels/parallel.h"
#include "danas/nn/fused_layer.h"
#include "danas/nn/thread_pool.h"
#include "tests/bench/bench_main.h"
#include "tests/bench/supernet_options.h"
#include "tests/kernels/pass_work.h"

namespace danas {
namespace {

using Clock = std::chrono::steady_clock;

struct Spent {
  double seconds = 0;
  double multiply_adds = 0;
};
std::map<std::string, double> pass_seconds;  // of the calls since it was last emptied
kernels::ThreadPool lent;

kernels::ThreadPool TimingPool() {
  return {.threads = [] { return lent.threads(); },
          .run =
              [](const char* pass, int64_t tasks, const kernels::TaskRange& work) {
                const Clock::time_point start = Clock::now();
                lent.run(pass, tasks, work);
                pass_seconds[pass] += SecondsSince(start);
              }};
}

struct BenchLayer {
  kernels::LayerSize size;
  std::vector<kernels::CandidateSize> candidates;
};

std::vector<BenchLayer> LayersOf(const SearchSpace& space, int64_t images, bool affine) {
  std::vector<BenchLayer> layers;
  for (const LayerSpec& spec : space.layers()) {
    const LayerShape& shape = spec.shape;
    BenchLayer layer{.size = {.images = images,
                              .height = shape.input.height,
                              .width = shape.input.width,
                              .in = shape.in,
                              .out = shape.out,
                              .stride = shape.stride},
                     .candidates = {}};
    for (const BlockSpec& block : spec.candidates) {
      if (block.kind != BlockKind::kInvertedResidual || !IsFusible(block, shape)) continue;
      layer.candidates.push_back({.middle = ExpandedChannels(block, shape.in),
                                  .kernel = block.op.kernel,
                                  .expands = block.expand != 1,
                                  .affine = affine});
    }
    if (!layer.candidates.empty()) layers.push_back(layer);
  }
  return layers;
}

enum class StepKind { kWeights, kAlpha, kEvaluate };
constexpr std::array kStepNames = {"w step", "alpha step", "evaluate"};

// Adds what one step over the layer takes; returns its seconds, all passes and what lies between them.
double Step(kernels::RandomLayer& layer, const BenchLayer& of, StepKind kind, std::map<std::string, Spent>& spent) {
  const bool weights_too = kind == StepKind::kWeights;
  pass_seconds.clear();
  const Clock::time_point start = Clock::now();
  if (kind == StepKind::kEvaluate) {
    layer.RunEvaluate();
  } else {
    layer.RunForward();
    layer.RunBackward(weights_too);
  }
  const double seconds = SecondsSince(start);
  std::map<std::string, double> multiply_adds;
  for (const char* pass : {"input covariance", "correct input"}) {
    multiply_adds[pass] = kernels::LayerPassWork(of.size).at(pass);
  }
  for (const kernels::CandidateSize& candidate : of.candidates) {
    for (const auto& [pass, work] : kernels::PassWork(of.size, candidate, weights_too)) multiply_adds[pass] += work;
  }
  double in_passes = 0;
  for (const auto& [pass, took] : pass_seconds) {
    spent[pass].seconds += took;
    spent[pass].multiply_adds += multiply_adds[pass];
    in_passes += took;
  }
  spent["between the passes"].seconds += seconds - in_passes;
  return seconds;
}

void PrintPasses(const char* step, const std::map<std::string, Spent>& spent, int64_t steps, double peak) {
  std::vector<std::pair<std::string, Spent>> passes(spent.begin(), spent.end());
  std::ranges::sort(passes, [](const auto& a, const auto& b) { return a.second.seconds > b.second.seconds; });
  double total = 0;
  for (const auto& [pass, sums] : passes) total += sums.seconds;
  std::printf("\n%s: %.1f ms\n%-24s %9s %7s %12s %8s\n", step, 1000 * total / static_cast<double>(steps), "pass", "ms",
              "share", "GMAC/s", "of peak");
  for (const auto& [pass, sums] : passes) {
    std::printf("%-24s %9.2f %6.1f%%", pass.c_str(), 1000 * sums.seconds / static_cast<double>(steps),
                100 * sums.seconds / total);
    if (sums.multiply_adds > 0) {
      const double rate = sums.multiply_adds / sums.seconds;
      std::printf(" %12.1f %7.1f%%", rate / 1e9, 100 * rate / peak);
    }
    std::printf("\n");
  }
}

void Run(const std::vector<std::string>& words) {
  SupernetBenchOptions options;
  bool by_layer = false;
  int64_t only = -1;
  std::string arch;
  std::map<std::string, Setter> setters = SettersOf(options);
  setters["--layers"] = [&](const std::string& value) { by_layer = value == "yes"; };
  setters["--arch"] = [&](const std::string& value) { arch = value; };
  setters["--layer"] = SetNumber(only);
  setters.erase("--kernels");
  setters.erase("--recompute");
  ParseOptions(words, setters);
  CheckOptions(options);
  const SearchSpace space = arch.empty() ? MakeSpace(options) : ReadGenotype(arch).network.WithInput(options.input);
  OpenDevice(MakeConfig(options, 1).runtime, options.seed);
  LendThreadPool();
  lent = kernels::UseThreadPool(TimingPool());
  std::vector<BenchLayer> layers = LayersOf(space, options.batch, !arch.empty());
  if (only >= static_cast<int64_t>(layers.size())) throw UsageError("--layer: there is no such layer");
  if (only >= 0) layers = {layers[static_cast<size_t>(only)]};
  const double peak = kernels::MeasureMultiplyAdds(at::get_num_threads());
  std::printf("%s, %d threads: %.1f GMAC/s in registers\n", kernels::Level().c_str(), at::get_num_threads(),
              peak / 1e9);
  std::deque<kernels::RandomLayer> random;
  for (const BenchLayer& layer : layers) random.emplace_back(layer.size, layer.candidates);
  std::array<std::vector<double>, kStepNames.size()> layer_seconds;  // [step][layer]
  for (size_t step = 0; step < kStepNames.size(); ++step) {
    std::map<std::string, Spent> spent, warming;
    layer_seconds[step].resize(layers.size());
    for (int64_t i = 0; i < options.warmup + options.steps; ++i) {
      for (size_t l = 0; l < layers.size(); ++l) {
        const bool counts = i >= options.warmup;
        const double took = Step(random[l], layers[l], static_cast<StepKind>(step), counts ? spent : warming);
        if (counts) layer_seconds[step][l] += took;
      }
    }
    PrintPasses(kStepNames[step], spent, options.steps, peak);
  }
  if (!by_layer) return;
  std::printf("\n%-28s %9s %9s %9s %11s %11s\n", "layer", "w, ms", "alpha", "evaluate", "w, of peak", "evaluate");
  for (size_t l = 0; l < layers.size(); ++l) {
    const kernels::LayerSize& size = layers[l].size;
    double multiply_adds = 0;
    for (const kernels::CandidateSize& candidate : layers[l].candidates) {
      multiply_adds += kernels::PassWork(size, candidate).at("evaluate");
    }
    const auto seconds = [&](size_t step) { return layer_seconds[step][l] / static_cast<double>(options.steps); };
    const std::string name = std::to_string(size.in) + " to " + std::to_string(size.out) + ", " +
                             std::to_string(size.height) + "x" + std::to_string(size.width) +
                             (size.stride > 1 ? ", stride " + std::to_string(size.stride) : "");
    // A w step has three products of each convolution: forward and two gradients.
    std::printf("%-28s %9.2f %9.2f %9.2f %10.1f%% %10.1f%%\n", name.c_str(), 1000 * seconds(0), 1000 * seconds(1),
                1000 * seconds(2), 100 * 3 * multiply_adds / seconds(0) / peak,
                100 * multiply_adds / seconds(2) / peak);
  }
}

}  // namespace
}  // namespace danas

int main(int count, char** words) {
  return danas::BenchMain("pass_bench", count, words, [](const std::vector<std::string>& given) {
    danas::Run(given);
    return 0;
  });
}
