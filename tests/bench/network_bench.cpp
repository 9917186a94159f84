// Milliseconds of one network's training step and of its evaluation on random images, through danas's own parts:
// train_step (forward, loss, backward, SGD; affine batch norm) and evaluate (inference mode, running statistics). One
// JSON line for each. See docs/benchmarks.md.
//
// network_bench --arch FILE [--input HxW] [--batch N] [--steps N] [--warmup N] [--threads N] [--kernels fused|aten]
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "danas/arch/genotype.h"
#include "danas/config/config.h"
#include "danas/core/error.h"
#include "danas/core/seconds_since.h"
#include "danas/nn/norm.h"
#include "danas/nn/supernet.h"
#include "danas/run/device.h"
#include "danas/tasks/classification/class_loss.h"
#include "danas/train/micro_batch.h"
#include "danas/train/weight_pass.h"
#include "tests/bench/bench_main.h"
#include "tests/bench/bench_support.h"

namespace danas {
namespace {

struct Arguments {
  std::string arch;
  NnConfig how;
  Size input{64, 64};
  int64_t batch = 16;
  int64_t steps = 10;
  int64_t warmup = 2;
  int64_t threads = 0;
};

Arguments Parse(const std::vector<std::string>& words) {
  Arguments arguments;
  ParseOptions(words, {{"--arch", [&](const std::string& value) { arguments.arch = value; }},
                       {"--kernels",
                        [&](const std::string& value) {
                          if (value != "fused" && value != "aten") throw UsageError("--kernels is fused or aten");
                          arguments.how.kernels = value == "fused" ? KernelChoice::kFused : KernelChoice::kAten;
                        }},
                       {"--input", [&](const std::string& value) { arguments.input = ParseSize(value); }},
                       {"--batch", SetNumber(arguments.batch)},
                       {"--steps", SetNumber(arguments.steps)},
                       {"--warmup", SetNumber(arguments.warmup)},
                       {"--threads", SetNumber(arguments.threads)}});
  if (arguments.arch.empty()) throw UsageError("--arch FILE is needed: a network such as best.json");
  if (arguments.batch < 2 || arguments.steps < 1) throw UsageError("--batch is at least 2, --steps at least 1");
  return arguments;
}

double SecondsOf(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return SecondsSince(start);
}

void Run(const Arguments& arguments) {
  const SearchSpace space = ReadGenotype(arguments.arch).network.WithInput(arguments.input);
  Config config;
  config.runtime.device = "cpu";
  config.runtime.threads = arguments.threads;
  OpenDevice(config.runtime, config.seed);
  const auto base_bytes = static_cast<double>(ResidentBytes());

  const auto network = MakeNetwork(space, arguments.how);
  InitializeWeights(*network, config.seed);
  MoveTo(*network, at::kCPU, config.runtime);
  WeightTraining training(config.train, config.runtime, config.seed,
                          RateSchedule(config.train, 0, int64_t{1} << 40), at::kCPU);
  training.Bind(*network);
  const Batch batch{at::randn({arguments.batch, 3, arguments.input.height, arguments.input.width})
                        .contiguous(at::MemoryFormat::ChannelsLast),
                    at::randint(space.classes(), {arguments.batch}, at::kLong)};
  const auto measure = [&](const char* name, const std::function<void()>& step) {
    const Json about = {{"program", "danas"},
                        {"measure", name},
                        {"network", space.name()},
                        {"input", std::to_string(arguments.input.height) + "x" + std::to_string(arguments.input.width)},
                        {"batch", arguments.batch},
                        {"threads", at::get_num_threads()}};
    PrintMeasure(about, arguments.batch, arguments.warmup, arguments.steps, base_bytes,
                 [&] { return SecondsOf(step); });
  };

  SetNormMode(*network, NormMode::kBatch);
  measure("train_step", [&] {
    const at::Tensor logits_nk = network->forward(batch.images);
    GradientSum(batch, /*parts=*/1)
        .Add({.loss_sum = ClassLossSum(logits_nk, batch.targets, logits_nk.size(1), 0.1),
              .correct = CountCorrect(logits_nk, batch.targets, logits_nk.size(1)),
              .gradient_norm = {}});
    training.optimizer.Step(training.schedule.At(training.step++));
    training.optimizer.ZeroGradients();
  });

  SetNormMode(*network, NormMode::kRunning);
  measure("evaluate", [&] {
    const c10::InferenceMode inference;
    network->forward(batch.images);
  });
}

}  // namespace
}  // namespace danas

int main(int count, char** words) {
  return danas::BenchMain("network_bench", count, words, [](const std::vector<std::string>& given) {
    danas::Run(danas::Parse(given));
    return 0;
  });
}
