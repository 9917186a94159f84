// The options of the programs that time a supernet's steps, and what they stand for.
#pragma once

#include <ATen/Parallel.h>

#include <map>
#include <set>
#include <string>

#include "danas/arch/space_file.h"
#include "danas/core/error.h"
#include "danas/run/device.h"
#include "danas/search/trial_steps.h"
#include "tests/bench/bench_support.h"

namespace danas {

struct SupernetBenchOptions {
  std::string skeleton = "small";
  NnConfig how = {};
  Size input{32, 32};
  int64_t batch = 32;
  int64_t steps = 10;
  int64_t warmup = 2;
  int64_t prune_to = 6;
  int64_t threads = 0;
  int64_t seed = 0;
};

inline std::map<std::string, Setter> SettersOf(SupernetBenchOptions& options) {
  return {{"--skeleton", [&](const std::string& value) { options.skeleton = value; }},
          {"--kernels",
           [&](const std::string& value) {
             if (value != "fused" && value != "aten") throw UsageError("--kernels is fused or aten");
             options.how.kernels = value == "fused" ? KernelChoice::kFused : KernelChoice::kAten;
           }},
          {"--recompute",
           [&](const std::string& value) {
             if (value != "layer" && value != "none") throw UsageError("--recompute is none or layer");
             options.how.recompute = value == "layer" ? RecomputeKind::kLayer : RecomputeKind::kNone;
           }},
          {"--input", [&](const std::string& value) { options.input = ParseSize(value); }},
          {"--batch", SetNumber(options.batch)},
          {"--steps", SetNumber(options.steps)},
          {"--warmup", SetNumber(options.warmup)},
          {"--prune-to", SetNumber(options.prune_to)},
          {"--threads", SetNumber(options.threads)},
          {"--seed", SetNumber(options.seed)}};
}

inline void CheckOptions(const SupernetBenchOptions& options) {
  if (options.batch < 2 || options.steps < 1) throw UsageError("--batch is at least 2, --steps at least 1");
}

inline SearchSpace MakeSpace(const SupernetBenchOptions& options) {
  const std::map<std::string, std::string> names = {
      {"small", "mobile_small"}, {"proxyless", "mobile"}, {"shuffle", "shuffle"}};
  const auto name = names.find(options.skeleton);
  if (name == names.end()) throw UsageError("--skeleton is small, proxyless or shuffle, not " + options.skeleton);
  const SearchSpace space = LoadSpace(name->second, options.input).space;
  std::map<size_t, std::set<size_t>> dropped;
  size_t searchable = 0;
  for (size_t l = 0; l < space.layers().size(); ++l) {
    const size_t count = space.layers()[l].candidates.size();
    if (count == 1) continue;
    for (size_t j = static_cast<size_t>(options.prune_to); j < count; ++j) dropped[l].insert((searchable + j) % count);
    ++searchable;
  }
  return space.Without(dropped);
}

inline Config MakeConfig(const SupernetBenchOptions& options, double mean_cost) {
  Config config;
  config.seed = options.seed;
  config.runtime.device = "cpu";
  config.runtime.threads = options.threads;
  config.nn = options.how;
  config.train.batch = options.batch;
  config.search.budget.value = mean_cost / 2;
  return config;
}

// What a JSON line says of them.
inline Json AboutOf(const SupernetBenchOptions& options) {
  return {{"program", "danas"},
          {"skeleton", options.skeleton},
          {"input", std::to_string(options.input.height) + "x" + std::to_string(options.input.width)},
          {"batch", options.batch},
          {"threads", at::get_num_threads()},
          {"steps", options.steps},
          {"warmup", options.warmup},
          {"prune_to", options.prune_to},
          {"seed", options.seed}};
}

}  // namespace danas
