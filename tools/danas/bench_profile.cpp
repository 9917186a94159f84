#include "bench_profile.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>

#include "danas/core/error.h"
#include "danas/core/file.h"
#include "danas/core/log.h"
#include "danas/core/statistics.h"
#include "danas/report/profile_report.h"
#include "danas/run/profiler.h"
#include "danas/search/trial_steps.h"

namespace danas {
namespace {

// The second of two profiled steps: during the first, the profiler initialises itself.
StepProfile ProfileStep(const std::string& name, double plain_seconds, at::Device device,
                        const std::function<double()>& step) {
  std::vector<ProfiledEvent> events;
  double wall_seconds = 0;
  step();
  for (int turn = 0; turn < 2; ++turn) events = RecordEvents(device, [&] { wall_seconds = step(); });
  StepProfile profile = FoldEvents(events);
  profile.step = name;
  profile.plain_seconds = plain_seconds;
  profile.wall_seconds = wall_seconds;
  profile.on_gpu = !device.is_cpu();
  return profile;
}

}  // namespace

void CheckProfileFile(const std::string& profile) {
  if (profile.empty()) return;
  const std::filesystem::path path = std::filesystem::absolute(profile), folder = path.parent_path();
  MakeFolders(folder);
  if (std::filesystem::is_directory(path)) throw FileError("--profile " + profile + " is a folder; expected a file");
  if (::access(folder.c_str(), W_OK) != 0) {
    throw FileError("--profile: cannot write to " + folder.string() + ": " + std::strerror(errno));
  }
}

Json WriteProfiles(const std::string& path, Config config, const std::vector<NnConfig>& hows, const SearchSpace& space,
                   const CostModel& cost, at::Device device, const SupernetBench& bench) {
  std::string text = bench.space + ", " + bench.input + ", " + std::to_string(bench.images) + " images per step, on " +
                     bench.device + "\n";
  Json profiles = Json::array();
  for (size_t i = 0; i < hows.size(); ++i) {
    const BenchedWay& way = bench.ways[i];
    config.nn = hows[i];
    TrialSteps trial(config, space, cost, device, bench.images);
    for (const StepProfile& profile :
         {ProfileStep("w step", Median(way.weight_seconds), device, [&] { return trial.StepWeights(); }),
          ProfileStep("α step", Median(way.alpha_seconds), device, [&] { return trial.StepArchitecture(); })}) {
      text += "\n" + way.Name() + ", " + ProfileText(profile);
      Json json = {{"kernels", way.kernels}, {"recompute", way.recompute}};
      json.update(ProfileJson(profile));
      profiles.push_back(std::move(json));
    }
  }
  WriteFileAtomically(path, text);
  log::info("profiles of both steps written to {}", path);
  return profiles;
}

}  // namespace danas
