// danas data: the options of its commands; data_info_command.cpp and its siblings implement them.
#pragma once

#include <cstdint>

#include "call.h"
#include "option_groups.h"

namespace danas {

struct DataInfoOptions {
  std::string path;  // empty: the config's dataset
  ConfigOptions config;
  bool json = false;
};

void DescribeOptions(CLI::App& app, DataInfoOptions& options);
int RunCommand(const DataInfoOptions& options, const Call& call);

struct DataManifestOptions {
  std::string devkit;
  std::string images;
  std::string out;
  std::string class_names;  // a file to write; empty: none
  std::string synsets;      // empty: the kit's
};

void DescribeOptions(CLI::App& app, DataManifestOptions& options);
int RunCommand(const DataManifestOptions& options, const Call& call);

struct DataPackOptions {
  std::string in;
  std::string out;
  bool keep_bytes = false;
  int64_t resize_short = 256;
  int64_t quality = 90;
  bool skip_bad = false;
  int64_t threads = 0;  // 0: one for each core
  ConfigOptions config;
  bool json = false;
};

void DescribeOptions(CLI::App& app, DataPackOptions& options);
int RunCommand(const DataPackOptions& options, const Call& call);

struct DataCheckOptions {
  std::string path;
  int64_t threads = 0;  // 0: one for each core
  ConfigOptions config;
  bool json = false;
};

void DescribeOptions(CLI::App& app, DataCheckOptions& options);
int RunCommand(const DataCheckOptions& options, const Call& call);

}  // namespace danas
