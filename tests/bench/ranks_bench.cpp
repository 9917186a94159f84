// Milliseconds of what the processes of one search do together on one machine, for the model in docs/scaling.md: the
// two steps of supernet_bench with gradients summed over ranks, and messages alone. Starts its ranks itself, or takes
// those of torchrun or Slurm. One JSON line a measure, of rank 0; a time is that of the slowest rank, step by step.
//
// ranks_bench [--ranks N] [--what steps|apart|messages] [--batch N] [--skeleton small|proxyless|shuffle] [--input HxW]
//             [--prune-to N] [--steps N] [--warmup N] [--threads N] [--seed N] [--kernels fused|aten] [--sync-bn
//             yes|no]
// steps: w_step and alpha_step as the ranks of a search make them, with --batch images on each rank.
// apart: the same steps at the same time in as many processes that send each other nothing: what sharing the machine
// costs. messages: sum_B, the sum of B bytes over the ranks; agreement_B, hashes of B bytes compared (once an epoch).
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "danas/core/rank_place.h"
#include "danas/run/agreement_check.h"
#include "danas/run/ranks.h"
#include "tests/bench/bench_main.h"
#include "tests/bench/supernet_options.h"
#include "tools/danas/launch.h"

namespace danas {
namespace {

using Clock = std::chrono::steady_clock;

struct Arguments {
  SupernetBenchOptions supernet;
  int64_t ranks = 1;
  std::string what = "steps";
  bool sync_bn = false;
};

Arguments Parse(const std::vector<std::string>& words) {
  Arguments arguments;
  std::map<std::string, Setter> options = SettersOf(arguments.supernet);
  options["--ranks"] = SetNumber(arguments.ranks);
  options["--what"] = [&](const std::string& value) {
    if (value != "steps" && value != "apart" && value != "messages") {
      throw UsageError("--what is steps, apart or messages");
    }
    arguments.what = value;
  };
  options["--sync-bn"] = [&](const std::string& value) {
    if (value != "yes" && value != "no") throw UsageError("--sync-bn is yes or no");
    arguments.sync_bn = value == "yes";
  };
  arguments.supernet.threads = 1;
  ParseOptions(words, options);
  CheckOptions(arguments.supernet);
  if (arguments.ranks < 1 || arguments.ranks > 64) throw UsageError("--ranks is 1 to 64");
  if (arguments.what == "messages" && arguments.ranks < 2) throw UsageError("--what messages needs --ranks 2 or more");
  return arguments;
}

class RanksBench {
 public:
  RanksBench(const Arguments& arguments, const Ranks& together) : arguments_(arguments), together_(together) {}

  // Every rank begins each step at the same time.
  void Measure(const std::string& name, const Json& more, const std::function<void()>& step) const {
    std::vector<double> own;
    for (int64_t i = 0; i < arguments_.supernet.warmup + arguments_.supernet.steps; ++i) {
      together_.Any({false});
      const auto start = Clock::now();
      step();
      const std::chrono::duration<double, std::milli> took = Clock::now() - start;
      if (i >= arguments_.supernet.warmup) own.push_back(took.count());
    }
    std::vector<double> slowest(own.size(), 0);
    for (const std::string& text : together_.Gather(Json(own).dump())) {
      const auto ms = Json::parse(text).get<std::vector<double>>();
      for (size_t i = 0; i < ms.size(); ++i) slowest[i] = std::max(slowest[i], ms[i]);
    }
    if (!together_.first()) return;
    Json line = {{"program", "danas"},
                 {"measure", name},
                 {"what", arguments_.what},
                 {"ranks", together_.count()},
                 {"threads", at::get_num_threads()}};
    line.update(more);
    line["ms"] = slowest;
    line["min_ms"] = *std::ranges::min_element(slowest);
    line["median_ms"] = Median(slowest);
    std::cout << line.dump() << std::endl;
  }

  void Steps() const {
    const SupernetBenchOptions& options = arguments_.supernet;
    const SearchSpace space = MakeSpace(options);
    const auto cost = MakeMacsModel();
    const CostTable costs = MakeCostTable(*cost, space);
    const Ranks ranks = arguments_.what == "apart" ? Ranks() : together_;
    Config config = MakeConfig(options, costs.Mean());
    config.train.batch = options.batch * ranks.count();
    config.train.sync_bn = arguments_.sync_bn;
    OpenDevice(config.runtime, config.seed);
    TrialSteps trial(config, space, *cost, at::kCPU, options.batch, ranks);
    double macs = costs.fixed;
    for (const auto& layer : costs.candidates_lc) macs = std::accumulate(layer.begin(), layer.end(), macs);
    Json about = AboutOf(options);
    about["sync_bn"] = arguments_.sync_bn;
    about["macs_per_image"] = macs;
    about["weight_bytes"] = trial.WeightBytes();
    // As the loop over batches does, each rank asks first whether another was told to stop.
    Measure("w_step", about, [&] { ranks.Any({false}), trial.StepWeights(); });
    Measure("alpha_step", about, [&] { ranks.Any({false}), trial.StepArchitecture(); });
  }

  void Messages() const {
    RuntimeConfig runtime;
    runtime.device = "cpu";
    runtime.threads = arguments_.supernet.threads;
    OpenDevice(runtime, arguments_.supernet.seed);
    constexpr int64_t kMebibyte = int64_t{1} << 20;
    for (const int64_t bytes : {int64_t{8}, int64_t{65536}, kMebibyte, 4 * kMebibyte, 16 * kMebibyte, 64 * kMebibyte}) {
      const at::Tensor values = at::zeros({bytes / 4});
      Measure("sum_" + std::to_string(bytes), {{"bytes", bytes}}, [&] { together_.Sum(values); });
    }
    const at::Tensor values = at::zeros({4 * kMebibyte});
    Measure("agreement_" + std::to_string(values.nbytes()), {{"bytes", values.nbytes()}}, [&] {
      CheckAgreement(together_, {{"values", values}}, "", "while timed");
    });
  }

 private:
  const Arguments& arguments_;
  Ranks together_;
};

void Run(const Arguments& arguments, const RankPlace& place) {
  if (place.ranks != arguments.ranks) {
    throw UsageError("--ranks is " + std::to_string(arguments.ranks) + ", but " + place.launcher + " started " +
                     std::to_string(place.ranks));
  }
  Ranks together = Ranks::Join(place, /*timeout=*/120);
  try {
    const RanksBench bench(arguments, together);
    arguments.what == "messages" ? bench.Messages() : bench.Steps();
  } catch (const Error& error) {
    together.Fail(error.exit_code(), error.what());
    throw;
  }
  together.Leave();
}

int Main(const std::vector<std::string>& words, char** argv) {
  const Arguments arguments = Parse(words);
  const RankPlace place = FindRankPlace();
  if (arguments.ranks > 1 && place.launcher.empty()) {
    return LaunchRanks(static_cast<int>(arguments.ranks), "/proc/self/exe", argv);
  }
  Run(arguments, place);
  return 0;
}

}  // namespace
}  // namespace danas

int main(int count, char** words) {
  return danas::BenchMain("ranks_bench", count, words,
                          [&](const std::vector<std::string>& given) { return danas::Main(given, words); });
}
