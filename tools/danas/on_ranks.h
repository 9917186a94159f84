// Commands that run on several processes: each rank calls the same functions; rank 0 alone reads the command line's
// folders, decides, writes and speaks.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "call.h"
#include "danas/config/config.h"
#include "danas/core/run_folder.h"
#include "danas/run/ranks.h"
#include "option_groups.h"

namespace danas {

// AsError(), which for torch running out of memory also says what to lower.
Error AsEngineError(const std::exception& exception);

// Where a command's config can be read before the ranks have met: the first that is there of the line's config, the
// run folders and the network's file.
struct ConfigSources {
  const ConfigOptions& config;
  std::vector<std::string> runs = {};
  std::string arch = {};
};

inline ConfigSources SourcesOf(const ConfigOptions& config, const RunOptions& run, const std::string& arch = "") {
  return {.config = config, .runs = {run.resume, run.run}, .arch = arch};
}

// Calls `work` with this process's rank, as its launcher set it (core/rank_place.h), once the ranks have connected, for
// which they have the ranks.timeout of that config. If `work` throws, the other ranks are notified, and one rank prints
// the error, with its number.
int OnRanks(const ConfigSources& sources, const std::function<int(Ranks& ranks)>& work);

// What `decide` returns on rank 0, on every rank.
bool FirstDecides(const Ranks& ranks, const std::function<bool()>& decide);
std::filesystem::path FirstChooses(const Ranks& ranks, const std::function<std::filesystem::path()>& choose);

// What `read` returns on rank 0, on every rank, which uses its ranks.timeout from now on.
Config FirstReads(Ranks& ranks, const std::function<Config()>& read);

// What `open` returns on rank 0; nothing on the others.
std::optional<RunFolder> FirstOpens(const Ranks& ranks, const std::function<RunFolder()>& open);

// The config's device as this rank has it (run/device.h), which joins the ranks' group.
at::Device OpenRankDevice(const Config& config, Ranks& ranks);

inline const RunFolder* PointerTo(const std::optional<RunFolder>& folder) { return folder ? &*folder : nullptr; }
inline std::filesystem::path PathOf(const RunFolder* folder) {
  return folder == nullptr ? std::filesystem::path() : folder->path();
}

// A rank but the first is quiet.
inline Verbosity VerbosityOf(const Call& call, const Ranks& ranks) {
  return ranks.first() ? call.verbosity() : Verbosity::kQuiet;
}

}  // namespace danas
