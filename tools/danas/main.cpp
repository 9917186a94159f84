// `danas`: what needs neither torch nor OpenCV, in milliseconds. For the rest it becomes danas-data or danas-engine,
// with the same arguments.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>

#include "build_info.h"
#include "command_table.h"
#include "danas/core/error.h"
#include "danas/core/rank_place.h"
#include "launch.h"
#include "program.h"
#include "thread_waiting.h"

namespace danas {
namespace {

constexpr const char* kEngine = "danas-engine";

std::filesystem::path FindProgram(const std::string& name) {
  const std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const std::filesystem::path beside = folder / name;
  const std::filesystem::path installed = folder / build_info::kInstalledPrograms / name;
  for (const std::filesystem::path& path : {beside, installed}) {
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  throw FileError(name + " is missing; looked for " + beside.string() + " and " +
                  installed.lexically_normal().string() + ". Rebuild or reinstall danas");
}

[[noreturn]] void Become(const std::string& name, char** argv) {
  const std::filesystem::path program = FindProgram(name);
  ::execv(program.c_str(), argv);
  throw FileError("cannot run " + program.string() + ": " + std::strerror(errno));
}

[[noreturn]] void BecomeEngine(char** argv) {
  LetThreadsSleep();
  Become(kEngine, argv);
}

int StartRanks(int ranks, char** argv) {
  const RankPlace place = FindRankPlace();
  if (!place.alone()) {
    throw UsageError("--ranks and --gpus start processes, but " + place.launcher + " has already started " +
                     std::to_string(place.ranks) + "; leave them out");
  }
  LetThreadsSleep();
  return LaunchRanks(ranks, FindProgram(kEngine), argv);
}

struct RunHere {
  char** argv;

  template <typename Options>
  int operator()(const InDanas<Options>&, const Options& options, const Call& call) const {
    return RunCommand(options, call);
  }

  template <typename Options>
  int operator()(const InData<Options>&, const Options&, const Call&) const {
    Become("danas-data", argv);
  }

  template <typename Options>
  int operator()(const InEngine<Options>&, const Options& options, const Call&) const {
    if constexpr (requires { options.launch; }) {
      if (options.launch.ranks > 1) return StartRanks(options.launch.ranks, argv);
    }
    BecomeEngine(argv);
  }

  template <typename Options>
  int operator()(const InEither<Options>&, const Options& options, const Call& call) const {
    if (NeedsEngine(options)) BecomeEngine(argv);
    return RunCommand(options, call);
  }
};

}  // namespace
}  // namespace danas

int main(int argc, char** argv) {
  return danas::RunProgram(argc, argv, danas::DescribedCommands(danas::RunHere{argv}));
}
