// Milliseconds of a search's two steps on random images, through danas's own parts: w_step (draw, forward, loss,
// backward, SGD on the weights) and alpha_step (weights frozen, the cost in the loss, Adam on α). One JSON line for
// each, with the largest memory over that of the process before the network was built. See docs/benchmarks.md.
//
// supernet_bench [--skeleton small|proxyless|shuffle] [--input HxW] [--batch N] [--steps N] [--warmup N] [--prune-to N]
//                [--threads N] [--seed N] [--kernels fused|aten] [--recompute none|layer]
// small: the space mobile_small, 8 layers; proxyless: mobile, 21 layers; shuffle: shuffle, 20 layers; six candidates a
// layer. --prune-to K keeps candidates l, l + 1, ... l + K - 1 (modulo 6) of the l-th layer with a choice.
#include <ATen/Parallel.h>
#include <malloc.h>

#include <climits>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "danas/search/trial_steps.h"
#include "danas/train/device.h"
#include "tests/bench/bench_support.h"

namespace danas {
namespace {

struct Arguments {
  std::string skeleton = "small";
  NnConfig how;
  Size input{32, 32};
  int64_t batch = 32;
  int64_t steps = 10;
  int64_t warmup = 2;
  int64_t prune_to = 6;
  int64_t threads = 0;
  int64_t seed = 0;
};

Arguments Parse(const std::vector<std::string>& words) {
  Arguments arguments;
  ParseOptions(words, {{"--skeleton", [&](const std::string& value) { arguments.skeleton = value; }},
                       {"--kernels",
                        [&](const std::string& value) {
                          if (value != "fused" && value != "aten") throw UsageError("--kernels is fused or aten");
                          arguments.how.kernels = value == "fused" ? KernelChoice::kFused : KernelChoice::kAten;
                        }},
                       {"--recompute",
                        [&](const std::string& value) {
                          if (value != "layer" && value != "none") throw UsageError("--recompute is none or layer");
                          arguments.how.recompute = value == "layer" ? RecomputeKind::kLayer : RecomputeKind::kNone;
                        }},
                       {"--input", [&](const std::string& value) { arguments.input = ParseSize(value); }},
                       {"--batch", SetNumber(arguments.batch)},
                       {"--steps", SetNumber(arguments.steps)},
                       {"--warmup", SetNumber(arguments.warmup)},
                       {"--prune-to", SetNumber(arguments.prune_to)},
                       {"--threads", SetNumber(arguments.threads)},
                       {"--seed", SetNumber(arguments.seed)}});
  if (arguments.batch < 2 || arguments.steps < 1) throw UsageError("--batch is at least 2, --steps at least 1");
  return arguments;
}

SearchSpace MakeSpace(const Arguments& arguments) {
  const std::map<std::string, std::string> names = {
      {"small", "mobile_small"}, {"proxyless", "mobile"}, {"shuffle", "shuffle"}};
  const auto name = names.find(arguments.skeleton);
  if (name == names.end()) throw UsageError("--skeleton is small, proxyless or shuffle, not " + arguments.skeleton);
  const SearchSpace space = LoadSpace(name->second, arguments.input).space;
  std::map<size_t, std::set<size_t>> dropped;
  size_t searchable = 0;
  for (size_t l = 0; l < space.layers().size(); ++l) {
    const size_t count = space.layers()[l].candidates.size();
    if (count == 1) continue;
    for (size_t j = static_cast<size_t>(arguments.prune_to); j < count; ++j)
      dropped[l].insert((searchable + j) % count);
    ++searchable;
  }
  return space.Without(dropped);
}

Config MakeConfig(const Arguments& arguments, double mean_cost) {
  Config config;
  config.seed = arguments.seed;
  config.runtime.device = "cpu";
  config.runtime.threads = arguments.threads;
  config.nn = arguments.how;
  config.train.batch = arguments.batch;
  config.search.budget.value = mean_cost / 2;
  return config;
}

void Run(const Arguments& arguments) {
  const SearchSpace space = MakeSpace(arguments);
  const auto cost = MakeMacsModel();
  const Config config = MakeConfig(arguments, MakeCostTable(*cost, space).Mean());
  OpenDevice(config.runtime, config.seed);
  const auto base_bytes = static_cast<double>(ResidentBytes());

  TrialSteps trial(config, space, *cost, at::kCPU, arguments.batch);
  const auto measure = [&](const char* name, const std::function<double()>& step) {
    const Json about = {{"program", "danas"},
                        {"measure", name},
                        {"skeleton", arguments.skeleton},
                        {"input", std::to_string(arguments.input.height) + "x" + std::to_string(arguments.input.width)},
                        {"batch", arguments.batch},
                        {"threads", at::get_num_threads()},
                        {"steps", arguments.steps},
                        {"warmup", arguments.warmup},
                        {"prune_to", arguments.prune_to},
                        {"seed", arguments.seed}};
    PrintMeasure(about, arguments.batch, arguments.warmup, arguments.steps, base_bytes, step);
  };
  measure("w_step", [&] { return trial.StepWeights(); });
  measure("alpha_step", [&] { return trial.StepArchitecture(); });
}

}  // namespace
}  // namespace danas

int main(int count, char** words) {
  // As danas-engine's own main: memory is kept, not given back and fetched again for every step.
  if (mallopt(M_MMAP_THRESHOLD, 1 << 30) != 1 || mallopt(M_TRIM_THRESHOLD, INT_MAX) != 1) return 1;
  try {
    danas::Run(danas::Parse({words + 1, words + count}));
    return 0;
  } catch (const danas::Error& error) {
    std::cerr << "supernet_bench: " << error.what() << "\n";
    return static_cast<int>(error.exit_code());
  }
}
