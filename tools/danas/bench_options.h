// danas bench: the options of its commands; bench_supernet_command.cpp and bench_loader_command.cpp implement them.
#pragma once

#include <cstdint>

#include "call.h"
#include "option_groups.h"

namespace danas {

struct BenchSupernetOptions {
  ConfigOptions config;
  std::string space;
  std::vector<std::string> kernels;
  std::vector<std::string> recompute;
  int64_t batch = 0;  // 0: the config's
  int64_t rounds = 5;
  int64_t steps = 3;    // a round
  int64_t images = 0;   // of the training set, for a prediction without it; 0: not known
  std::string profile;  // file to write
  bool json = false;
};

void DescribeOptions(CLI::App& app, BenchSupernetOptions& options);
int RunCommand(const BenchSupernetOptions& options, const Call& call);

struct BenchLoaderOptions {
  ConfigOptions config;
  std::vector<int64_t> workers;
  int64_t batch = 0;   // 0: the config's
  int64_t images = 0;  // a pass; 0: the dataset's, but not too many
  int64_t passes = 3;
  bool json = false;
};

void DescribeOptions(CLI::App& app, BenchLoaderOptions& options);
int RunCommand(const BenchLoaderOptions& options, const Call& call);

}  // namespace danas
