// Options that several commands share: structs for their values, and functions that add them to a command. A command's
// own struct is composed of these; the functions that it calls take the groups that they need.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "danas/arch/spec.h"

namespace danas {

// What makes a Config: a file, then assignments in the order given.
struct ConfigOptions {
  std::string config;                 // a file or the name of a shipped one; empty: the defaults
  std::vector<std::string> settings;  // "a.b=c"; --seed, --device and --data become such assignments too
};

void AddConfig(CLI::App& app, ConfigOptions& config);  // --config and --set
CLI::Option* AddData(CLI::App& app, ConfigOptions& config);
void AddDataAndDevice(CLI::App& app, ConfigOptions& config);
void AddSeed(CLI::App& app, ConfigOptions& config);

// An option that is short for an assignment to a config key.
CLI::Option* AddSetting(CLI::App& app, ConfigOptions& config, const char* option, const char* value,
                        const std::string& key, const char* help);

// Processes to start on this machine. A command of danas-engine with a field `launch` is started that often.
struct LaunchOptions {
  int ranks = 1;
};

void AddLaunch(CLI::App& app, LaunchOptions& launch, ConfigOptions& config);  // --ranks and --gpus

// The folder of a run: one to create, or one whose run is resumed.
struct RunOptions {
  std::string run;     // to create
  std::string resume;  // of a run to resume, or "auto"
  std::string fork;    // to create; the run in `resume` continues there with different settings
};

void AddResume(CLI::App& app, RunOptions& run);

// What all that train in a run folder of their own have: --config to --seed, --run, --resume and --fork.
void AddTraining(CLI::App& app, ConfigOptions& config, LaunchOptions& launch, RunOptions& run);

// What is only planned, and how.
struct PlanOptions {
  bool dry_run = false;
  bool probe = true;  // time a step
  bool yes = false;   // begin without asking, however long it takes
};

void AddPlan(CLI::App& app, PlanOptions& plan);  // --dry-run, --no-probe and --yes

// A search whose networks are scored.
struct SearchedRunOptions {
  std::string run;
  ConfigOptions config;
  std::string score = "supernet";
};

void AddSearchedRun(CLI::App& app, SearchedRunOptions& search);  // only --run

// The input and output of a network. 0: as in its file.
struct InputOptions {
  Size size = {};
  int classes = 0;
};

// --size, the images' sides: 224, or 256x192 where they differ (height x width).
void AddSize(CLI::App& app, Size& size, const std::string& default_size);

void AddInput(CLI::App& app, InputOptions& input, const std::string& default_size, const std::string& default_classes);

// --key-points: three deconvolutions and heat maps in place of a space's classifier; 0: the space as it is.
void AddKeyPoints(CLI::App& app, int& key_points);

void AddArch(CLI::App& app, std::string& arch);
void AddModel(CLI::App& app, std::string& model);
void AddJson(CLI::App& app, bool& json);

}  // namespace danas
