// `danas`: everything that needs no torch, in milliseconds; the rest is danas-engine's, with the same arguments.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "build_info.h"
#include "commands.h"
#include "danas/core/error.h"
#include "danas/core/rank_place.h"
#include "launch.h"
#include "program.h"
#include "thread_waiting.h"

namespace danas {
namespace {

std::filesystem::path FindEngine() {
  const std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const std::filesystem::path beside = folder / "danas-engine";
  const std::filesystem::path installed = folder / build_info::kInstalledEngine;
  for (const std::filesystem::path& path : {beside, installed}) {
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  throw FileError("danas-engine is missing; looked for " + beside.string() + " and " +
                  installed.lexically_normal().string() + ". Build or install danas again");
}

[[noreturn]] void BecomeEngine(char** argv) {
  LetThreadsSleep();
  const std::filesystem::path engine = FindEngine();
  ::execv(engine.c_str(), argv);
  throw FileError("cannot run " + engine.string() + ": " + std::strerror(errno));
}

int StartRanks(const CommandLine& line, char** argv) {
  const RankPlace place = FindRankPlace();
  if (!place.alone()) {
    throw UsageError("--ranks and --gpus start processes, but " + place.launcher + " has started " +
                     std::to_string(place.ranks) + " already; leave them out");
  }
  LetThreadsSleep();
  return LaunchRanks(line.ranks, FindEngine(), argv);
}

int RunCommand(const CommandLine& line, char** argv) {
  switch (line.command) {
    case Command::kNone:
      return 0;
    case Command::kCost:
      return RunCost(line);
    case Command::kCompare:
      return RunCompare(line);
    case Command::kLog:
      return RunLogCommand(line);
    case Command::kStatus:
      return RunStatusCommand(line);
    case Command::kModels:
      return RunModels(line);
    case Command::kStudy:
      return RunStudyCommand(line);
    case Command::kSpaceList:
    case Command::kSpaceShow:
    case Command::kSpaceCheck:
    case Command::kSpaceSample:
      return RunSpace(line);
    case Command::kConfigList:
    case Command::kConfigShow:
    case Command::kConfigCheck:
    case Command::kConfigSchema:
    case Command::kConfigReference:
      return RunConfig(line);
    case Command::kCompletion:
      return RunCompletion(line);
    case Command::kMan:
      return RunMan(line);
    case Command::kVersion:
      if (!line.full) return RunVersion(line);
      BecomeEngine(argv);
    case Command::kSearch:
    case Command::kFinetune:
    case Command::kTrain:
    case Command::kEasiness:
    case Command::kEvaluate:
    case Command::kRank:
    case Command::kChoose:
      if (line.ranks > 1) return StartRanks(line, argv);
      [[fallthrough]];
    case Command::kBenchSupernet:
    case Command::kBenchLoader:
    case Command::kDataInfo:
    case Command::kDataManifest:
    case Command::kDataPack:
    case Command::kDataCheck:
      BecomeEngine(argv);
  }
  return 0;
}

}  // namespace
}  // namespace danas

int main(int argc, char** argv) {
  return danas::RunProgram(argc, argv, [&](const danas::CommandLine& line) { return danas::RunCommand(line, argv); });
}
