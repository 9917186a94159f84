// What `danas bench` measured, as text and JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "danas/core/json.h"

namespace danas {

// One way of computing: nn.kernels and nn.recompute. One value a round.
struct BenchedWay {
  std::string kernels = {};
  std::string recompute = {};
  std::vector<double> weight_seconds = {};  // of the round's median step
  std::vector<double> alpha_seconds = {};
  std::vector<double> growth_bytes = {};  // largest memory over that before the network was built
  std::vector<double> busy_cores = {};    // processor time over wall time: about 1 where threads do nothing
  double search_seconds = 0;              // predicted for the config's whole search; 0: not known

  std::string Name() const { return recompute == "none" ? kernels : kernels + ", recompute"; }
};

// What the machine does at most, by one thread and by all of the pool's together, a second; 0: not known.
struct MachineRates {
  int64_t threads = 0;
  double multiply_adds_of_one = 0, multiply_adds_of_all = 0;
  double bytes_of_one = 0, bytes_of_all = 0;  // copied
};

struct SupernetBench {
  std::string space = {};
  std::string input = {};  // "32x32"
  std::string device = {};
  std::string level = {};  // of the fused kernels: "avx2"
  int64_t images = 0;      // a step
  int64_t steps = 0;       // a round

  // Multiply-adds of the convolutions in a step, and the bytes that must cross memory where each layer's inner feature
  // maps stay in the caches: its input and output, their gradients, weights.
  double weight_macs = 0;
  double alpha_macs = 0;
  double weight_bytes = 0;
  double alpha_bytes = 0;

  MachineRates machine = {};

  std::vector<BenchedWay> ways = {};  // the first is the one the others are compared with
};

std::string BenchText(const SupernetBench& bench);
Json BenchJson(const SupernetBench& bench);

struct LoaderBench {
  std::string dataset = {};
  int64_t images = 0;  // a pass
  int64_t batch = 0;
  struct Run {
    int64_t workers = 0;
    std::vector<double> seconds = {};  // of every pass but the first
  };
  std::vector<Run> runs = {};
};

std::string BenchText(const LoaderBench& bench);
Json BenchJson(const LoaderBench& bench);

}  // namespace danas
