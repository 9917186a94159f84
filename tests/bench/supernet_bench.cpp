// Milliseconds of a search's two steps on random images, through danas's own parts: w_step (draw, forward, loss,
// backward, SGD on the weights) and alpha_step (weights frozen, the cost in the loss, Adam on α). One JSON line for
// each, with the largest memory over that of the process before the network was built. See docs/benchmarks.md.
//
// supernet_bench [--skeleton small|proxyless] [--input HxW] [--batch N] [--steps N] [--warmup N] [--prune-to N]
//                [--threads N] [--seed N] [--kernels fused|aten] [--recompute none|layer]
// small: the space mobile_small, 8 layers; proxyless: mobile, 21 layers; six candidates a layer. --prune-to K keeps
// candidates l, l + 1, ... l + K - 1 (modulo 6) of the l-th layer with a choice.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <malloc.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <climits>
#include <cmath>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "danas/core/json.h"
#include "danas/nn/norm.h"
#include "danas/search/architecture_pass.h"
#include "danas/search/search_state.h"
#include "danas/train/class_loss.h"
#include "danas/train/device.h"
#include "danas/train/memory.h"
#include "danas/train/micro_batch.h"

namespace danas {
namespace {

constexpr double kMebibyte = 1 << 20;

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

int64_t ParseNumber(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) {
    throw UsageError("'" + text + "' is not a number");
  }
  return number;
}

Size ParseSize(const std::string& text) {
  const size_t cross = text.find('x');
  if (cross == std::string::npos) throw UsageError("'" + text + "' is no size such as 32x32");
  return {static_cast<int>(ParseNumber(text.substr(0, cross))), static_cast<int>(ParseNumber(text.substr(cross + 1)))};
}

Arguments Parse(const std::vector<std::string>& words) {
  Arguments arguments;
  const std::map<std::string, int64_t*> numbers = {
      {"--batch", &arguments.batch},       {"--steps", &arguments.steps},     {"--warmup", &arguments.warmup},
      {"--prune-to", &arguments.prune_to}, {"--threads", &arguments.threads}, {"--seed", &arguments.seed}};
  for (size_t i = 0; i < words.size(); i += 2) {
    const std::string& option = words[i];
    if (i + 1 == words.size()) throw UsageError(option + " needs a value");
    const std::string& value = words[i + 1];
    if (option == "--skeleton") {
      arguments.skeleton = value;
    } else if (option == "--kernels") {
      if (value != "fused" && value != "aten") throw UsageError("--kernels is fused or aten");
      arguments.how.kernels = value == "fused" ? KernelChoice::kFused : KernelChoice::kAten;
    } else if (option == "--recompute") {
      if (value != "layer" && value != "none") throw UsageError("--recompute is none or layer");
      arguments.how.recompute = value == "layer" ? RecomputeKind::kLayer : RecomputeKind::kNone;
    } else if (option == "--input") {
      arguments.input = ParseSize(value);
    } else if (const auto it = numbers.find(option); it != numbers.end()) {
      *it->second = ParseNumber(value);
    } else {
      throw UsageError("unknown option " + option + "; the head of supernet_bench.cpp lists them");
    }
  }
  if (arguments.batch < 2 || arguments.steps < 1) throw UsageError("--batch is at least 2, --steps at least 1");
  return arguments;
}

SearchSpace MakeSpace(const Arguments& arguments) {
  const std::map<std::string, std::string> names = {{"small", "mobile_small"}, {"proxyless", "mobile"}};
  const auto name = names.find(arguments.skeleton);
  if (name == names.end()) throw UsageError("--skeleton is small or proxyless, not " + arguments.skeleton);
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

Config MakeConfig(const Arguments& arguments, const CostTable& costs) {
  Config config;
  config.seed = arguments.seed;
  config.runtime.device = "cpu";
  config.runtime.threads = arguments.threads;
  config.nn = arguments.how;
  config.train.batch = arguments.batch;
  config.search.budget.value = costs.Mean() / 2;
  return config;
}

SearchState MakeState(const SearchSpace& space, const CostTable& costs, const Config& config) {
  auto supernet = std::make_shared<Supernet>(space, SupernetOptions{.how = config.nn});
  InitializeWeights(*supernet, config.seed);
  SearchState state{.supernet = supernet,
                    .costs = costs,
                    .alpha = ArchParameters(space),
                    .training = WeightTraining(config.train, config.runtime, config.seed,
                                               CosineSchedule(config.train, 0, int64_t{1} << 40), at::kCPU)};
  state.training.Bind(*supernet);
  return state;
}

Batch RandomBatch(const Arguments& arguments, int64_t classes) {
  const at::Tensor images = at::randn({arguments.batch, 3, arguments.input.height, arguments.input.width});
  return {images.contiguous(at::MemoryFormat::ChannelsLast), at::randint(classes, {arguments.batch}, at::kLong)};
}

void StepWeights(SearchState& state, const Config& config, const Batch& batch) {
  WeightTraining& training = state.training;
  const Draw draw =
      DrawChoices(state.alpha, config.search.relaxation, Pass::kWeights, config.seed, state.draws++, at::kCPU);
  AccumulateGradients(batch, config.train.micro_batch, [&](const Batch& part) {
    const at::Tensor logits_nk = state.supernet->forward(part.images, draw.choices);
    const int64_t classes = logits_nk.size(1);
    return StepResult{.loss_sum = ClassLossSum(logits_nk, part.targets, classes, config.train.label_smoothing),
                      .correct = CountCorrect(logits_nk, part.targets, classes)};
  });
  training.sgd.Step(training.schedule.At(training.step++));
  training.sgd.ZeroGradients();
}

// The kernel's largest resident size starts again from what is resident now.
void ResetPeakMemory() {
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";
}

void Measure(const std::string& measure, const Arguments& arguments, double base_bytes,
             const std::function<void()>& step) {
  ResetPeakMemory();
  std::vector<double> milliseconds;
  for (int64_t i = 0; i < arguments.warmup + arguments.steps; ++i) {
    const auto start = std::chrono::steady_clock::now();
    step();
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
    if (i >= arguments.warmup) milliseconds.push_back(time.count());
  }
  std::vector<double> sorted = milliseconds;
  std::ranges::sort(sorted);
  const double median = (sorted[(sorted.size() - 1) / 2] + sorted[sorted.size() / 2]) / 2;
  const auto peak_bytes = static_cast<double>(PeakResidentBytes());
  const Json line = {{"program", "danas"},
                     {"measure", measure},
                     {"skeleton", arguments.skeleton},
                     {"input", std::to_string(arguments.input.height) + "x" + std::to_string(arguments.input.width)},
                     {"batch", arguments.batch},
                     {"threads", at::get_num_threads()},
                     {"steps", arguments.steps},
                     {"warmup", arguments.warmup},
                     {"prune_to", arguments.prune_to},
                     {"seed", arguments.seed},
                     {"ms", milliseconds},
                     {"min_ms", sorted.front()},
                     {"median_ms", median},
                     {"images_per_s", 1000 * static_cast<double>(arguments.batch) / median},
                     {"peak_rss_mib", peak_bytes / kMebibyte},
                     {"base_rss_mib", base_bytes / kMebibyte},
                     {"growth_mib", (peak_bytes - base_bytes) / kMebibyte}};
  std::cout << line.dump() << std::endl;
}

void Run(const Arguments& arguments) {
  const SearchSpace space = MakeSpace(arguments);
  const CostTable costs = MakeCostTable(*MakeMacsModel(), space);
  const Config config = MakeConfig(arguments, costs);
  OpenDevice(config.runtime, config.seed);
  const auto base_bytes = static_cast<double>(ResidentBytes());

  SearchState state = MakeState(space, costs, config);
  const Batch train = RandomBatch(arguments, space.classes()), validation = RandomBatch(arguments, space.classes());
  SetNormMode(*state.supernet, NormMode::kBatch);
  Measure("w_step", arguments, base_bytes, [&] { StepWeights(state, config, train); });

  const ArchitectureScope scope(state);
  ArchitectureStep step(state, config, space.classes());
  Measure("alpha_step", arguments, base_bytes, [&] {
    step.Compute(validation);
    step.Apply();
  });
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
