// The command line, defined once for both programs: `danas` parses it, runs what needs no torch and hands the rest with
// the same arguments to `danas-engine`, which parses it again. Help, man page and shell completion come from it.
#pragma once

#include <CLI/App.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "danas/core/log.h"

namespace danas {

enum class Command {
  kNone,
  kSearch,
  kFinetune,
  kEvaluate,
  kTrain,
  kEasiness,
  kRank,
  kChoose,
  kStudy,
  kModels,
  kCost,
  kCompare,
  kStatus,
  kLog,
  kSpaceList,
  kSpaceShow,
  kSpaceCheck,
  kSpaceSample,
  kConfigList,
  kConfigShow,
  kConfigCheck,
  kConfigSchema,
  kConfigReference,
  kDataInfo,
  kDataManifest,
  kDataPack,
  kDataCheck,
  kBenchSupernet,
  kBenchLoader,
  kVersion,
  kCompletion,
  kMan,
};

// What makes a Config: a file, then assignments in the order given.
struct ConfigOptions {
  std::string config;                 // a file or the name of a shipped one; empty: the defaults
  std::vector<std::string> settings;  // "a.b=c"; --seed, --device and --data become such assignments too
};

// All that can be asked for; a command reads the fields its options fill.
struct CommandLine {
  Command command = Command::kNone;
  bool quiet = false;
  bool verbose = false;
  bool json = false;
  ConfigOptions config;

  std::string run;      // run folder to make, or to read
  std::string arch;     // a network, such as best.json
  std::string model;    // a network of the zoo, by name
  std::string space;    // a search space: file or name
  std::vector<std::string> judge_weights;  // "NAME=FILE"
  bool train = true;    // networks that are not trained yet
  std::string weights;  // safetensors
  std::string resume;   // the folder of a run that is to go on, or "auto"
  std::string fork;     // a folder to make, where the run in `resume` goes on with other settings
  bool dry_run = false;
  bool probe = true;
  bool full = false;
  bool watch = false;   // of `status`
  bool follow = false;  // of `log`

  int image_size = 0;  // 0: as in the file
  int classes = 0;     // 0: as in the file
  std::string latency_table;
  std::string target;  // "325M"

  double band_percent = 5;
  int count = 1;
  int64_t seed = 0;
  std::string out;

  std::string archs;             // networks to score: a file
  bool all = false;              // every network
  int64_t sample = 0;            // so many random ones
  double band = -1;              // share of search.budget, either way; below 0: none is given
  std::string score = "supernet";
  std::string truth;             // a table of trained networks
  std::vector<std::string> budgets;  // "300M"
  std::vector<std::string> limits;   // "parameters=4M"

  // Of `study`.
  int64_t jobs = 1;
  bool report = false;
  bool markdown = false;
  std::string data;  // the dataset's folder, for every step

  std::vector<std::string> kernels;    // of `bench supernet`
  std::vector<std::string> recompute;
  std::string profile;  // file to write
  int64_t rounds = 5;
  int64_t steps = 3;   // a round
  int64_t batch = 0;   // 0: the config's
  int64_t images = 0;  // of the training set, for a prediction without it; 0: not known
  std::vector<int64_t> workers;
  int64_t passes = 3;

  std::string in;       // a dataset, or a study file
  int64_t threads = 0;  // 0: one for each core
  bool keep_bytes = false;  // of `data pack`
  bool skip_bad = false;
  int64_t resize_short = 256;
  int64_t quality = 90;

  int ranks = 1;      // processes to start on this machine
  std::string words;  // all arguments, as they were typed

  std::vector<std::string> paths;
  std::string word;  // the shell of `completion`
  std::string devkit;
  std::string synsets;
  std::string class_names;

  Verbosity verbosity() const {
    return quiet ? Verbosity::kQuiet : verbose ? Verbosity::kVerbose : Verbosity::kNormal;
  }
};

// Options, help texts and examples; parsing `app` fills `line`, which must outlive it.
void DescribeCommandLine(CLI::App& app, CommandLine& line);

// Throws UsageError, with the nearest option or command where one was mistyped. --help and --version print and leave
// Command::kNone; so does a line without a command, whose help goes to standard error with `missing` set.
CommandLine ParseCommandLine(int argc, const char* const* argv, bool* missing);

}  // namespace danas
