#include "option_groups.h"

#include <charconv>
#include <system_error>

#include "danas/arch/space_limits.h"
#include "danas/core/error.h"

namespace danas {
namespace {

// "224" or "256x192".
Size ParseSize(const std::string& text) {
  const size_t cross = text.find('x');
  const auto side = [&](size_t begin, size_t end) {
    int pixels = 0;
    const char *first = text.data() + begin, *last = text.data() + end;
    const auto [stop, error] = std::from_chars(first, last, pixels);
    if (error == std::errc() && stop == last && pixels >= 1 && pixels <= kLargestSide) return pixels;
    throw UsageError("--size '" + text + "': expected a side length from 1 to " + std::to_string(kLargestSide) +
                     ", or two of them, height x width, as in 256x192");
  };
  if (cross == std::string::npos) return {side(0, text.size()), side(0, text.size())};
  return {side(0, cross), side(cross + 1, text.size())};
}

void AddRun(CLI::App& app, RunOptions& run) {
  app.add_option(
         "-r,--run,--run-folder", run.run,
         "run folder to create (default: runs/NAME-TIME-seedN). Use -r or --run-folder under torchrun, which takes "
         "--run for an abbreviation of its own option")
      ->option_text("DIR");
}

void AddFork(CLI::App& app, RunOptions& run) {
  app.add_option("--fork", run.fork,
                 "with --resume DIR: leave that run unchanged and continue from its newest checkpoint in this new "
                 "folder, with the changes given by --set")
      ->option_text("NEW");
}

}  // namespace

void AddConfig(CLI::App& app, ConfigOptions& config) {
  app.add_option("-c,--config", config.config, "config: a file, or the name of a shipped one")->option_text("FILE");
  app.add_option_function<std::vector<std::string>>(
         "-s,--set",
         [&config](const std::vector<std::string>& texts) {
           config.settings.insert(config.settings.end(), texts.begin(), texts.end());
         },
         "set a config key, for example search.budget=200M; repeatable")
      ->option_text("KEY=VALUE")
      ->expected(1)
      ->take_all()
      ->trigger_on_parse();
}

CLI::Option* AddSetting(CLI::App& app, ConfigOptions& config, const char* option, const char* value,
                        const std::string& key, const char* help) {
  return app
      .add_option_function<std::string>(
          option, [&config, key](const std::string& text) { config.settings.push_back(key + "=" + text); }, help)
      ->option_text(value);
}

CLI::Option* AddData(CLI::App& app, ConfigOptions& config) {
  return AddSetting(app, config, "-d,--data", "DIR", "data.root", "dataset folder (data.root)");
}

void AddDataAndDevice(CLI::App& app, ConfigOptions& config) {
  AddData(app, config);
  AddSetting(app, config, "--device", "NAME", "runtime.device", "auto, cpu, cuda or cuda:N (runtime.device)");
}

void AddSeed(CLI::App& app, ConfigOptions& config) {
  AddSetting(app, config, "--seed", "N", "seed", "seed of all random streams (seed)");
}

void AddLaunch(CLI::App& app, LaunchOptions& launch, ConfigOptions& config) {
  app.add_option("--ranks", launch.ranks,
                 "distribute the work over N processes on this machine (for torchrun and srun, see the README)")
      ->option_text("N")
      ->check(CLI::Range(1, 1024));
  app.add_option_function<int>(
         "--gpus",
         [&launch, &config](int gpus) {
           launch.ranks = gpus;
           config.settings.push_back("runtime.device=cuda");
         },
         "distribute the work over N GPUs of this machine, one process each")
      ->option_text("N")
      ->check(CLI::Range(1, 1024))
      ->excludes("--ranks");
}

void AddResume(CLI::App& app, RunOptions& run) {
  app.add_option("--resume", run.resume,
                 "resume the run in this folder from its newest checkpoint; 'auto': resume the run in the run folder "
                 "given, or start it if there is none. If the dataset has moved, give its new location with --data")
      ->option_text("DIR");
}

void AddTraining(CLI::App& app, ConfigOptions& config, LaunchOptions& launch, RunOptions& run) {
  AddConfig(app, config);
  AddDataAndDevice(app, config);
  AddLaunch(app, launch, config);
  AddSeed(app, config);
  AddRun(app, run);
  AddResume(app, run);
  AddFork(app, run);
}

void AddPlan(CLI::App& app, PlanOptions& plan) {
  app.add_flag("-n,--dry-run", plan.dry_run, "print the plan and check every path, but run nothing");
  app.add_flag_callback(
      "--no-probe", [&plan] { plan.probe = false; }, "plan without timing a step first");
  app.add_flag("-y,--yes", plan.yes, "begin without asking, however long it takes (runtime.ask_above)");
}

void AddSearchedRun(CLI::App& app, SearchedRunOptions& search) {
  app.add_option("-r,--run,--run-folder", search.run, "run folder of a search, finished or not")
      ->option_text("DIR")
      ->required();
}

void AddSize(CLI::App& app, Size& size, const std::string& default_size) {
  app.add_option_function<std::string>(
         "--size", [&size](const std::string& text) { size = ParseSize(text); },
         "side length of square images, or height x width as in 256x192 (default: " + default_size + ")")
      ->option_text("PIXELS");
}

void AddInput(CLI::App& app, InputOptions& input, const std::string& default_size, const std::string& default_classes) {
  AddSize(app, input.size, default_size);
  app.add_option("--classes", input.classes, "number of classes (default: " + default_classes + ")")
      ->option_text("N")
      ->check(CLI::Range(1, 10000000));
}

void AddKeyPoints(CLI::App& app, int& key_points) {
  app.add_option("--key-points", key_points,
                 "with three deconvolutions and heat maps of so many key-points in place of the classifier")
      ->option_text("N")
      ->check(CLI::Range(1, 1000));
}

void AddArch(CLI::App& app, std::string& arch) {
  app.add_option("-a,--arch", arch, "network file, such as the best.json of a search")->option_text("FILE");
}

void AddModel(CLI::App& app, std::string& model) {
  app.add_option("-m,--model", model, "network of the model zoo (see danas models)")->option_text("NAME");
}

void AddJson(CLI::App& app, bool& json) { app.add_flag("--json", json, "print JSON"); }

}  // namespace danas
