#include "option_groups.h"

namespace danas {

void AddConfig(CLI::App& app, ConfigOptions& config) {
  app.add_option("-c,--config", config.config, "config: a file or a shipped name")->option_text("FILE");
  app.add_option_function<std::vector<std::string>>(
         "-s,--set",
         [&config](const std::vector<std::string>& texts) {
           config.settings.insert(config.settings.end(), texts.begin(), texts.end());
         },
         "set one key, for example search.budget=200M; repeatable")
      ->option_text("KEY=VALUE")
      ->expected(1)
      ->take_all()
      ->trigger_on_parse();
}

void AddSetting(CLI::App& app, ConfigOptions& config, const char* option, const char* value, const std::string& key,
                const char* help) {
  app.add_option_function<std::string>(
         option, [&config, key](const std::string& text) { config.settings.push_back(key + "=" + text); }, help)
      ->option_text(value);
}

void AddData(CLI::App& app, ConfigOptions& config) {
  AddSetting(app, config, "-d,--data", "DIR", "data.root", "the dataset's folder (data.root)");
}

void AddDataAndDevice(CLI::App& app, ConfigOptions& config) {
  AddData(app, config);
  AddSetting(app, config, "--device", "NAME", "runtime.device", "auto, cpu, cuda or cuda:N (runtime.device)");
}

void AddSeed(CLI::App& app, ConfigOptions& config) {
  AddSetting(app, config, "--seed", "N", "seed", "seed of every random stream (seed)");
}

void AddLaunch(CLI::App& app, LaunchOptions& launch, ConfigOptions& config) {
  app.add_option("--ranks", launch.ranks,
                 "share the work over N processes on this machine (torchrun and srun: see README)")
      ->option_text("N")
      ->check(CLI::Range(1, 1024));
  app.add_option_function<int>(
         "--gpus",
         [&launch, &config](int gpus) {
           launch.ranks = gpus;
           config.settings.push_back("runtime.device=cuda");
         },
         "share the work over N GPUs of this machine, a process each")
      ->option_text("N")
      ->check(CLI::Range(1, 1024))
      ->excludes("--ranks");
}

void AddRun(CLI::App& app, RunOptions& run) {
  app.add_option(
         "-r,--run,--run-folder", run.run,
         "run folder to make (default: runs/NAME-TIME-seedN). After torchrun, whose own option --run abbreviates: "
         "-r or --run-folder")
      ->option_text("DIR");
}

void AddResume(CLI::App& app, RunOptions& run) {
  app.add_option("--resume", run.resume,
                 "go on with the run in this folder, from its newest checkpoint; 'auto': with the one in --run, which "
                 "begins if there is none. --data names where the same images lie now")
      ->option_text("DIR");
}

void AddFork(CLI::App& app, RunOptions& run) {
  app.add_option("--fork", run.fork,
                 "with --resume DIR: leave that run as it is and go on from its newest checkpoint in this new folder, "
                 "with what --set changes")
      ->option_text("NEW");
}

void AddPlan(CLI::App& app, PlanOptions& plan) {
  app.add_flag("-n,--dry-run", plan.dry_run, "print the plan, check every path, run nothing");
  app.add_flag_callback(
      "--no-probe", [&plan] { plan.probe = false; }, "plan without the short probe that times a step");
}

void AddSearchedRun(CLI::App& app, SearchedRunOptions& search) {
  app.add_option("-r,--run,--run-folder", search.run, "folder of a search, finished or not")
      ->option_text("DIR")
      ->required();
}

void AddInput(CLI::App& app, InputOptions& input, const std::string& default_size, const std::string& default_classes) {
  app.add_option("--size", input.image_size, "side of the square input (default: " + default_size + ")")
      ->option_text("PIXELS")
      ->check(CLI::Range(1, 16384));
  app.add_option("--classes", input.classes, "number of classes (default: " + default_classes + ")")
      ->option_text("N")
      ->check(CLI::Range(1, 10000000));
}

void AddArch(CLI::App& app, std::string& arch) {
  app.add_option("-a,--arch", arch, "a network, such as the best.json of a search")->option_text("FILE");
}

void AddModel(CLI::App& app, std::string& model) {
  app.add_option("-m,--model", model, "a network of the zoo (danas models)")->option_text("NAME");
}

void AddJson(CLI::App& app, bool& json) { app.add_flag("--json", json, "print JSON for programs"); }

}  // namespace danas
